// SHA-256, HMAC-SHA-256 and HKDF-SHA-256 (FIPS 180-4, RFC 2104, RFC 5869) over OpenSSL. Contexts
// are made once and reused: a finished object is ready for the next message. Used by spool (hashes
// of every record), tail positions and record identities. Failure of a primitive is a broken
// library: LLMTRAIL_CHECK. One thread per object.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace llmtrail {

inline constexpr size_t kDigestBytes = 32;
using Digest = std::array<char, kDigestBytes>;

inline ByteView view(const Digest& digest) {
    return {digest.data(), digest.size()};
}

class Sha256 {
 public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    Sha256& update(ByteView bytes);
    Digest finish();  // and ready for the next message

 private:
    struct State;
    std::unique_ptr<State> state_;
};

Digest sha256(ByteView bytes);

// HMAC under one key, many messages.
class Hmac {
 public:
    explicit Hmac(const Secret& key);
    ~Hmac();
    Hmac(const Hmac&) = delete;
    Hmac& operator=(const Hmac&) = delete;

    Digest of(ByteView message);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

// HKDF-Extract(salt, input); an empty salt is one of zeros.
Secret hkdf_extract(ByteView salt, ByteView input);

// HKDF-Expand(key, info) to kDigestBytes; `key` is already uniform.
Secret hkdf_expand(const Secret& key, ByteView info);

bool equal_constant_time(ByteView a, ByteView b);

}  // namespace llmtrail
