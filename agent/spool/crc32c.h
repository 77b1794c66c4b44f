// CRC-32C (Castagnoli), as frames, headers and key files carry it: tells damage from intent, proves
// nothing. Pure, any thread.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace llmtrail {

// `before` is the CRC of the bytes in front of these, so that a message can be given in pieces.
uint32_t crc32c(ByteView bytes, uint32_t before = 0);

}  // namespace llmtrail
