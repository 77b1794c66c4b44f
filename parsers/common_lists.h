// Lists in the words of applications, brought to the normal forms of the catalogue: data sources,
// guardrail results, tool calls and messages. What a form has no member for goes to Unmapped under
// its path. Used by common names and map rules. Ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

// An array of sources, one source, or one text (an address or an id).
void add_common_sources(JsonValue value, std::string_view path, BodyScratch& scratch);

// An array of results, one result, or an object of results by name.
void add_common_guardrails(JsonValue value, std::string_view path, BodyScratch& scratch);

// An array of calls or one call: {id, name, arguments, result}. A text is the name of a tool.
void add_common_tools(JsonValue value, std::string_view path, BodyScratch& scratch);

// An array of {role, content}; a text is a message of `role`.
void add_common_messages(JsonValue value, std::string_view role, std::string_view path,
                         BodyScratch& scratch);

// What kind of source an address names: its scheme, or the service its host belongs to.
std::string_view source_type_of(std::string_view uri);

}  // namespace llmtrail
