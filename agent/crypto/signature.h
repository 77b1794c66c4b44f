// Ed25519 (RFC 8032): keys made from the randomness seam, one-shot signing and verifying. Used by
// spool for headers and seals. Signing needs no shared state; any thread. verify_signature() is
// false for anything wrong, it never fails.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "platform/random.h"

namespace llmtrail {

inline constexpr size_t kPublicKeyBytes = 32;
inline constexpr size_t kSignatureBytes = 64;
inline constexpr size_t kSigningSeedBytes = 32;

using PublicKey =
    std::array<char, kPublicKeyBytes>;  // the same type as a Digest: view() serves both
using Signature = std::array<char, kSignatureBytes>;

inline ByteView view(const Signature& signature) {
    return {signature.data(), signature.size()};
}

class SigningKey {
 public:
    static Result<SigningKey> generate(Random& random);
    static Result<SigningKey> from_seed(Secret seed);  // kCrypto unless 32 bytes

    const PublicKey& public_key() const { return public_key_; }

    const Secret& seed() const { return seed_; }

    Signature sign(ByteView message) const;

 private:
    SigningKey(Secret seed, const PublicKey& public_key);

    Secret seed_;
    PublicKey public_key_;
};

bool verify_signature(const PublicKey& key, ByteView message, ByteView signature);

}  // namespace llmtrail
