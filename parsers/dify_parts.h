// Pieces of the dify parser: a message and a workflow's run into a record each. Every leaf gets a
// place; never fails. Ingest thread.
#pragma once

#include "bodies/body_place.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"

namespace llmtrail {

bool is_dify_message(JsonValue value);
bool is_dify_answer(JsonValue value);        // what the API gives back at once
bool is_dify_workflow_log(JsonValue value);  // with the run inside
bool is_dify_workflow_run(JsonValue value);

void read_dify_message(JsonValue message, const BodyPlace& place, const ParseContext& context,
                       JsonTree& metadata_tree);
// The improved answer in "annotation", as an edit.
void read_dify_annotation(JsonValue message, const BodyPlace& place, const ParseContext& context);
void read_dify_run(JsonValue log, const BodyPlace& place, const ParseContext& context);

// Who it was: an account of the team, or a user of the application, by the words of the row.
void read_dify_user(JsonValue object, const BodyPlace& place);

// Seconds, as a number or a text, into event.duration.
void fill_dify_seconds(const BodyPlace& place, std::string_view key, JsonValue value);

}  // namespace llmtrail
