// What an AES-256-GCM message decrypts to whatever its tag says. Anybody can have changed it: it
// may be used only where a commitment to the plaintext is checked afterwards. Called by salvage, by
// nothing else. Any thread; a broken library is LLMTRAIL_CHECK.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace llmtrail {

// `sealed` as AeadSealer made it with this key, salt and number; its last 16 bytes, the tag, are
// left out of `out`, which is replaced. Less than a tag: `out` is empty.
void decrypt_unauthenticated(const Secret& key, uint64_t salt, uint32_t number, ByteView sealed,
                             Bytes& out);

}  // namespace llmtrail
