// AES-256-CTR keystream by block number: per-record random bytes that whoever has the key can make
// again. Used by spool for commitments. One thread per object; a broken library is LLMTRAIL_CHECK.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace llmtrail {

inline constexpr size_t kKeystreamBlockBytes = 16;

class Keystream {
 public:
    explicit Keystream(const Secret& key);  // 32 bytes
    ~Keystream();
    Keystream(Keystream&&) noexcept;
    Keystream& operator=(Keystream&&) noexcept;

    // Replaces `out` by `blocks` blocks; the counter of block n is n as 128 bits, BE.
    void generate(uint64_t first_block, size_t blocks, Bytes& out);

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace llmtrail
