// Pieces that Converse requests, answers and streams share. For converse*.cpp only.
#pragma once

#include "bodies/body_place.h"

namespace llmtrail {

void write_converse_content(const BodyPlace& place, JsonValue content, MessagesWriter& out,
                            bool of_answer);
void read_converse_usage(const BodyPlace& place, JsonValue usage);
void read_converse_metrics(const BodyPlace& place, JsonValue metrics);
void read_converse_stop_reason(const BodyPlace& place, std::string_view key, JsonValue reason);

}  // namespace llmtrail
