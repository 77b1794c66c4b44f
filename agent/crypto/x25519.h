// X25519 (RFC 7748): key pairs from the randomness seam and the shared secret of a pair with
// somebody's public key. Used by hpke and by role keys. Any thread. agree() is kCrypto for a public
// key that gives the all-zero secret; a broken library is LLMTRAIL_CHECK.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "platform/random.h"

namespace llmtrail {

inline constexpr size_t kX25519KeyBytes = 32;

using X25519Public = std::array<char, kX25519KeyBytes>;

class X25519Key {
 public:
    static Result<X25519Key> generate(Random& random);
    static Result<X25519Key> from_secret(Secret secret);  // kCrypto unless 32 bytes

    const X25519Public& public_key() const { return public_key_; }

    const Secret& secret() const { return secret_; }

    Result<Secret> agree(const X25519Public& other) const;

 private:
    X25519Key(Secret secret, const X25519Public& public_key);

    Secret secret_;
    X25519Public public_key_;
};

}  // namespace llmtrail
