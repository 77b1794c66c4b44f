// Pieces of the openai_audit parser; included by openai_audit*.cpp alone.
#pragma once

#include <string_view>
#include <vector>

#include "bodies/body_place.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"

namespace llmtrail::openai_audit {

bool is_entry(JsonValue value);  // of the organization's audit log
void read_entry(JsonValue entry, const BodyPlace& place, const ParseContext& context);

bool is_conversation(JsonValue value);
// Gives its records to the sink, at least one.
void read_conversation(JsonValue conversation, const ParseContext& context, BodyScratch& scratch,
                       RecordSink& sink);

}  // namespace llmtrail::openai_audit
