// Ollama's bodies: chat, generate and embed. A stream is lines of JSON, each a piece of the answer
// with its own stamp: the first is when the answer was made, the last when it ended, those between
// are not kept. Durations are nanoseconds. Called by the exchange and body parsers; body.h says how
// all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

void read_ollama_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record);
void read_ollama_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record);
void read_ollama_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record);

}  // namespace llmtrail
