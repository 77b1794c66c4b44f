// Mistral bodies: Bedrock's prompt and outputs, and the chat form, which is OpenAI's with a
// stop_reason. Called by the bedrock and exchange parsers; body.h says how all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

void read_mistral_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record);
void read_mistral_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record);
void read_mistral_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record);

}  // namespace llmtrail
