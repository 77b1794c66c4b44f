// Text as an attacker would write it: all of Unicode, control characters, separators and headers of
// the formats, text that runs backwards, bytes that are no UTF-8, emoji at the length where a
// preview is cut.
#pragma once

#include <cstddef>
#include <string>

#include "fakes/fake_random.h"

namespace llmtrail::roundtrip {

// Writes into `text`. `cut_at`: about so many characters long, now and then, with what must not be
// torn at that place.
void make_hostile_text(FakeRandom& random, size_t cut_at, std::string& text);

}  // namespace llmtrail::roundtrip
