// Pieces that Converse requests, answers and streams share. For converse*.cpp only.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

void write_converse_block(const BodyPlace& place, JsonValue block, MessagesWriter& out,
                          bool of_answer);
// The text of a block of "system"; "" when it has none.
std::string_view converse_system_text(const BodyPlace& place, JsonValue block);
// What a text of the answer rests on, as a data source.
void add_converse_citation(BodyScratch& scratch, JsonValue citation);

// "usage", "metrics" and "trace", of an answer or at the end of a stream; `here`: the member's own
// place. False: none of them.
bool read_converse_facts(const BodyPlace& here, JsonMember member);
void read_converse_stop_reason(const BodyPlace& place, std::string_view key, JsonValue reason);

}  // namespace llmtrail
