// Meta Llama bodies as Bedrock's InvokeModel takes and gives them: a prompt and its generation.
// Called by the bedrock and exchange parsers; body.h says how all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

void read_llama_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record);
void read_llama_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record);
void read_llama_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record);

}  // namespace llmtrail
