// Finds checkpoint notes of llmtrail in whatever a SIEM gives back: raw CEF or LEEF, JSON, CSV, or
// the notes themselves. Events lose line breaks, dashes and backslashes on their way, so a note is
// not read but made again from its four words: origin, tree size, root, signature. Its signature,
// which the caller checks with open_checkpoint_note(), covers them all, so nothing is taken on
// trust. Used by the verifier and by prove. Pure, any thread; hostile input costs time in
// proportion to its size.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"

namespace llmtrail {

struct FoundNote {
    size_t offset = 0;  // in the text, of its origin
    Bytes note;         // as the log signed it; other signatures are left out
};

// In the order of the text. Equal ones are not brought together.
std::vector<FoundNote> find_checkpoint_notes(ByteView text);

}  // namespace llmtrail
