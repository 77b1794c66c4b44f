// A key from a passphrase (scrypt, RFC 7914), for role key files. Memory is 1 KiB times N. Any
// thread. kLimit for a cost outside the bounds, kCrypto when the memory is not to be had.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace llmtrail {

// N as a power of two; r = 8, p = 1.
inline constexpr uint8_t kScryptCostLeast = 14;
inline constexpr uint8_t kScryptCost = 17;
inline constexpr uint8_t kScryptCostMost = 20;

Result<Secret> scrypt(const Secret& passphrase, ByteView salt, uint8_t cost);

}  // namespace llmtrail
