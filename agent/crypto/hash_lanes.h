// SHA-256 of many independent messages, two at a time: one message leaves half of the processor's
// SHA unit idle. The digests are those of Sha256. Used where the commitments of a batch are made or
// checked. One thread per object. Where the processor has no such unit, messages are hashed one by
// one.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "crypto/digest.h"

namespace llmtrail {

inline constexpr size_t kLanePrefixBytesMax = 128;

class HashLanes {
 public:
    HashLanes();
    explicit HashLanes(bool use_instructions);  // for tests: false never uses them

    // SHA-256(prefix || body) into `digest`, which is written by finish() at the latest: until then
    // `body` must stay. A prefix longer than kLanePrefixBytesMax is a programming error.
    void add(ByteView prefix, ByteView body, Digest& digest);

    void finish();

 private:
    static constexpr size_t kBlockBytes = 64;
    static constexpr size_t kLanes = 2;
    static constexpr size_t kEdgeBytes = 1024;
    static constexpr size_t kCopiedBytesMax = kEdgeBytes - 1 - sizeof(uint64_t);
    static_assert(kCopiedBytesMax >= kLanePrefixBytesMax + kBlockBytes);

    // A message on its way: a short one lies in `edge`, of a longer one its beginning and its end,
    // what is between in the body.
    struct Lane {
        std::array<uint32_t, 8> state{};
        std::array<unsigned char, kEdgeBytes> edge{};
        const unsigned char* at = nullptr;
        size_t blocks = 0;  // left at `at`
        ByteView rest;      // of the body, after them
        uint64_t bytes = 0;
        bool in_body = false;
        bool ending = false;
        Digest* digest = nullptr;  // null: idle
    };

    void start(Lane& lane, ByteView prefix, ByteView body, Digest& digest);
    static bool next_part(Lane& lane);
    static void pad(Lane& lane, size_t size);
    void step();

    bool use_instructions_;
    Sha256 plain_;
    std::array<Lane, kLanes> lanes_;
};

}  // namespace llmtrail
