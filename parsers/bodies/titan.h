// Amazon Titan bodies: text, text and image embeddings, images.
// Called by the bedrock and exchange parsers; body.h says how all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

void read_titan_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record);
void read_titan_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record);
void read_titan_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record);

}  // namespace llmtrail
