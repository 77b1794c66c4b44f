// Pieces that Anthropic answers and streams share. For anthropic*.cpp only.
#pragma once

#include "bodies/body_place.h"

namespace llmtrail {

// The counters of one "usage" or, in a stream, of several.
class AnthropicUsage {
 public:
    AnthropicUsage() { counts.input_excludes_cache = true; }

    // False: a counter that was read before with another value.
    bool read(const BodyPlace& place, JsonMember member);

    JsonMember* counter_of(std::string_view key);  // null: it has no field as a count

    UsageCounts counts;
};

// A citation of the answer's text as a data source.
void add_anthropic_citation(BodyScratch& scratch, JsonValue citation);

void read_anthropic_error(const BodyPlace& place, JsonValue error);

}  // namespace llmtrail
