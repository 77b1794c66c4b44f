// DeepSeek's text completions as Bedrock's InvokeModel takes and gives them, whole and in chunks;
// chat bodies are OpenAI's. Called by the bedrock parser; body.h says how all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

void read_deepseek_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record);
void read_deepseek_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record);
void read_deepseek_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record);

}  // namespace llmtrail
