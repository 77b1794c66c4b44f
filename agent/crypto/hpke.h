// Hybrid public key encryption (RFC 9180), base mode, single shot: one secret for one recipient,
// under DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Used by spool to wrap data keys for
// the roles. Pure but for the randomness of the one-time key; any thread. kCrypto for a public key
// that gives no shared secret, and for anything that does not open.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"
#include "platform/random.h"

namespace llmtrail {

inline constexpr size_t kHpkeEncBytes = kX25519KeyBytes;

struct HpkeSealed {
    X25519Public enc{};  // the one-time public key
    Bytes ciphertext;    // and tag
};

Result<HpkeSealed> hpke_seal(const X25519Public& recipient, ByteView info, ByteView aad,
                             const Secret& plaintext, Random& random);

Result<Secret> hpke_open(const X25519Key& recipient, ByteView enc, ByteView info, ByteView aad,
                         ByteView ciphertext);

}  // namespace llmtrail
