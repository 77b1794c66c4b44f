// Anthropic bodies: the Messages API and the older text completions, as the provider and Bedrock's
// InvokeModel take and give them, and the events of a streamed answer. Called by the exchange and
// bedrock parsers; body.h says how all readers behave.
#pragma once

#include <string_view>

#include "bodies/body.h"
#include "bodies/body_place.h"

namespace llmtrail {

void read_anthropic_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record);
void read_anthropic_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                             AuditRecord& record);
// `events`: the array of message_start, content_block_delta, ... or of completion chunks.
void read_anthropic_stream(JsonValue events, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record);

// For anthropic_stream.cpp and for envelopes that carry single blocks.
void write_anthropic_block(const BodyPlace& place, JsonValue block, MessagesWriter& out,
                           bool of_answer);
void read_anthropic_usage(const BodyPlace& place, JsonValue usage);
void add_anthropic_stop_reason(AuditRecord& record, std::string_view reason);

}  // namespace llmtrail
