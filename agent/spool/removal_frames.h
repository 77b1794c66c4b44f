// PRUNE and ERASE frames: body bytes <-> struct. Used by writer, recovery and verifier. Pure, any
// thread. Decoding takes hostile bytes: kCorrupt.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/section.h"
#include "crypto/digest.h"

namespace llmtrail {

inline constexpr size_t kRemovalTextBytesMax = 1024;  // policy, basis, approver

enum class PruneReason : uint8_t {
    kAge = 1,      // older than max_age
    kSpace = 2,    // allowed, and space was needed
    kDropped = 3,  // not confirmed or not covered, and the configuration says to drop the oldest
};

struct PruneBody {
    uint64_t first_segment = 0;
    uint64_t last_segment = 0;
    uint64_t end_index = 0;  // leaves at the end of last_segment
    Digest root{};           // of these leaves
    PruneReason reason = PruneReason::kSpace;
    std::string policy;  // what allowed it
};

Bytes encode_prune(const PruneBody& body);
Result<PruneBody> decode_prune(ByteView clear);

// Sections that may be erased: all but the envelope, whose key the tags of all frames need.
inline constexpr uint8_t kErasableSections = 0x0E;

constexpr uint8_t section_bit(Section section) {
    return static_cast<uint8_t>(1U << static_cast<unsigned>(section));
}

struct EraseBody {
    uint64_t first_segment = 0;
    uint64_t last_segment = 0;
    uint8_t section_mask = 0;
    std::string basis;
    std::string approver;
};

Bytes encode_erase(const EraseBody& body);
Result<EraseBody> decode_erase(ByteView clear);

}  // namespace llmtrail
