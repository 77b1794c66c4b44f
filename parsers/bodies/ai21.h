// AI21 bodies: Jurassic-2 completions, and Jamba, whose chat form is OpenAI's.
// Called by the bedrock and exchange parsers; body.h says how all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

void read_ai21_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record);
void read_ai21_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record);
void read_ai21_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                      AuditRecord& record);

}  // namespace llmtrail
