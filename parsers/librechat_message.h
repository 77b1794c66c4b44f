// One message of LibreChat into a record: the prompt's side or the answer's. Used by librechat.cpp
// alone. Every leaf gets a place; never fails. Ingest thread.
#pragma once

#include "bodies/body_place.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"

namespace llmtrail {

// {"$oid": …}, {"$date": …} and {"$numberLong": …} of MongoDB's extended JSON, as the value inside.
JsonValue plain_value(JsonValue value);

bool is_librechat_message(JsonValue value);

// The message itself: content, who, when, which model, rating.
void read_librechat_message(JsonValue message, const BodyPlace& place, const ParseContext& context);

// What was typed, into the record of its answer, which has been read before.
void read_librechat_prompt(JsonValue message, const BodyPlace& place);

// "openAI", "azureOpenAI", …: OpenTelemetry's name of the provider; "" for the operator's own.
std::string_view librechat_provider(std::string_view endpoint);

}  // namespace llmtrail
