// Cohere bodies: generate, chat in both versions, embed and rerank.
// Called by the bedrock and exchange parsers; body.h says how all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

void read_cohere_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record);
void read_cohere_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record);
void read_cohere_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record);

}  // namespace llmtrail
