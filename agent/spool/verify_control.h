// Clear bodies looked through without being kept: a hostile one may hold a million positions. They
// are right exactly when control.h can decode them. Used by the verifier. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace llmtrail {

// The leaf table of a BATCH; nothing: its clear body cannot be read.
std::optional<ByteView> leaf_table_of(ByteView clear, uint32_t leaf_count);

enum class PositionsFault : uint8_t { kNone, kUnreadable, kOrder };

// Of a POSITIONS; `full`: keys ascend and values are not empty.
PositionsFault check_positions_body(ByteView clear, bool full);

}  // namespace llmtrail
