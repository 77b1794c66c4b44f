// Amazon Bedrock's Converse bodies, which Nova models take and give through InvokeModel too, and
// the chunks of a streamed Nova answer. Called by the bedrock and exchange parsers; body.h says how
// all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

void read_converse_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record);
void read_converse_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record);
// `chunks`: an array of {"messageStart": …}, {"contentBlockDelta": …}, …
void read_converse_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record);

}  // namespace llmtrail
