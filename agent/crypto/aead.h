// AES-256-GCM with 16-byte tags. Nonces are built here and never chosen by a caller: salt (8 bytes)
// and message number (4 bytes, BE). Keys are scheduled once. Called by spool for the sections of
// frames and for key wraps. One thread per object. Errors: kLimit when a key is used up or a number
// repeats, kCrypto when a tag is wrong; a broken library is LLMTRAIL_CHECK.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "platform/random.h"

namespace llmtrail {

inline constexpr size_t kAeadKeyBytes = 32;
inline constexpr size_t kAeadTagBytes = 16;
inline constexpr size_t kAeadNonceBytes = 12;
inline constexpr uint32_t kAeadMessagesMax = uint32_t{1} << 20;  // of one key
inline constexpr uint64_t kAeadBytesMax = uint64_t{1} << 36;     // of one key: 2^32 blocks
inline constexpr size_t kAeadMessageBytesMax = size_t{1} << 30;

// Additional data is given in pieces so that nobody has to join them.
using AeadContext = std::initializer_list<ByteView>;

class AeadSealer {
 public:
    explicit AeadSealer(const Secret& key);
    ~AeadSealer();
    AeadSealer(AeadSealer&&) noexcept;
    AeadSealer& operator=(AeadSealer&&) noexcept;

    // Appends ciphertext and tag to `out`. `number` must be above every number used before with
    // this key.
    Result<void> seal(uint64_t salt, uint32_t number, AeadContext context, ByteView plaintext,
                      Bytes& out);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

class AeadOpener {
 public:
    explicit AeadOpener(const Secret& key);
    ~AeadOpener();
    AeadOpener(AeadOpener&&) noexcept;
    AeadOpener& operator=(AeadOpener&&) noexcept;

    // Replaces `out` by the plaintext; empty after a failure.
    Result<void> open(uint64_t salt, uint32_t number, AeadContext context, ByteView sealed,
                      Bytes& out);

    // The same where the sealed bytes stand: `bytes` becomes the plaintext.
    Result<void> open_in_place(uint64_t salt, uint32_t number, AeadContext context, Bytes& bytes);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

// One secret under a key, with a random nonce: nonce || ciphertext || tag.
Result<Bytes> wrap_secret(const Secret& key, Random& random, AeadContext context,
                          const Secret& secret);
Result<Secret> unwrap_secret(const Secret& key, AeadContext context, ByteView wrapped);

}  // namespace llmtrail
