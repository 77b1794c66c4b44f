// The checkpoint that a record of class 730 holds. What is found is text; the caller checks its
// signature. Pure, any thread; hostile bytes give nothing.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace llmtrail {

// From the envelope's bytes of a record.
std::optional<Bytes> checkpoint_note_in(ByteView envelope);

}  // namespace llmtrail
