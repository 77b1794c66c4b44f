// Pieces of Ollama's messages; included by ollama*.cpp alone. Each goes into the open message of
// `out`, and every leaf of it gets a place.
#pragma once

#include "bodies/body_place.h"
#include "bodies/messages.h"
#include "json_tree/json_tree.h"

namespace llmtrail::ollama {

void write_images(JsonValue images, const BodyPlace& place, MessagesWriter& out);
// `answer`: the calls are the model's, and facts of the record.
void write_calls(JsonValue calls, const BodyPlace& place, MessagesWriter& out, bool answer);
// A whole message: thinking, content, images, calls.
void write_parts(JsonValue message, const BodyPlace& place, MessagesWriter& out, bool answer);

}  // namespace llmtrail::ollama
