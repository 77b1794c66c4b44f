// Which of Langfuse's documents one is, by the members it must have. For langfuse.cpp. Pure.
#pragma once

#include <string_view>

#include "json_tree/json_tree.h"

namespace llmtrail::langfuse {

// "GENERATION" of the body, or of the event: "generation-create". The kinds and operations.
struct TypeRow {
    std::string_view type;
    std::string_view kind;  // "": told by what the observation holds
    std::string_view operation;
};

const TypeRow* find_type(std::string_view type);
// "agent-create" to the row of AGENT; null: not an event of an observation whose type it names.
const TypeRow* find_event_type(std::string_view event_type);

// The value of `camel`, or of the same name in snake_case.
JsonValue member_of(JsonValue object, std::string_view camel);

bool is_event(JsonValue event);      // of an ingestion batch: {"type", "body"}
bool is_batch(JsonValue document);   // {"batch": [event, …]}
bool is_export(JsonValue document);  // {"trace": {…}, "observations": […]}
bool is_observation(JsonValue row);
bool is_trace(JsonValue row);
bool is_row(JsonValue row);        // an observation, a trace, a score or a row of the audit log
bool is_page(JsonValue document);  // of the public API: {"data": [row, …], "meta": {…}}
// A request to the ingestion API as a proxy logs it, its body a text: {"path", "body"}.
bool is_logged_request(JsonValue document);

}  // namespace llmtrail::langfuse
