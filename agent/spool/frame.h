// Frames: the common 72-byte header, the split of a whole frame into its parts, digest, chain and
// leaves. Used by writer, reader, recovery and verifier. Pure, any thread. Decoding takes hostile
// bytes: every length is compared with its limit and with the bytes that are there, and what is
// wrong is a FrameFault.
#pragma once

#include <array>
#include <cstdint>

#include "base/section.h"
#include "crypto/digest.h"
#include "spool/format.h"

namespace llmtrail {

inline constexpr size_t kFrameHeaderBytes = 72;
inline constexpr size_t kFrameHeaderClearBytes = 64;  // without the two checksums

enum class FrameType : uint8_t {
    kPositions = 1,
    kBatch = 2,
    kSeal = 3,
    kGenesis = 4,
    kRecovery = 5,
    kAnchor = 6,
    kPrune = 7,
    kErase = 8,
};

inline constexpr uint16_t kFrameFlagDelta = 1;  // POSITIONS: only entries that changed

struct FrameHeader {
    FrameType type = FrameType::kBatch;  // a decoded one may hold a number without a name
    uint8_t section_mask = 1;
    uint16_t flags = 0;
    uint32_t frame_no = 0;
    uint32_t frame_bytes = 0;
    uint64_t index = 0;
    uint32_t leaf_count = 0;
    uint32_t clear_bytes = 0;
    int64_t wall_ns = 0;
    uint64_t salt = 0;
    std::array<uint32_t, kSectionCount> section_bytes{};

    size_t trailer_bytes() const;  // 64 in a SEAL

    bool delta() const { return (flags & kFrameFlagDelta) != 0; }

    uint64_t end_index() const { return index + leaf_count; }
};

enum class FrameFault : uint8_t {
    kNone,
    kEnd,    // no byte more: a frame boundary
    kShort,  // fewer bytes than a header or than the header announces
    kMarker,
    kHeaderCrc,
    kFields,  // checksum right, contents impossible
    kBodyCrc,
};

std::string_view frame_fault_text(FrameFault fault);  // "the frame is cut short"

// Views into the bytes it was split from.
struct FrameView {
    FrameHeader header;
    ByteView head;   // the 64 clear bytes
    ByteView clear;  // clear body
    std::array<ByteView, kSectionCount> sections;
    ByteView trailer;
    ByteView body;  // all after the 72 bytes
};

// From at least the first 72 bytes (fewer: kShort).
FrameFault decode_frame_header(ByteView bytes, FrameHeader& header);

// From the bytes at a frame's beginning to the end of what is there.
FrameFault split_frame(ByteView bytes, FrameView& frame);

// Appends 72 bytes with both checksums still zero.
void put_frame_header(Bytes& out, const FrameHeader& header);
// Fills in the checksums of the frame that occupies `out` from `at` to its end.
void finish_frame(Bytes& out, size_t at);

Digest frame_digest(Sha256& hash, ByteView head, ByteView body);
Digest chain_after(Sha256& hash, const Digest& before, const Digest& digest);
Digest control_leaf(Sha256& hash, uint64_t index, const Digest& digest);
Digest record_leaf(Sha256& hash, uint64_t index,
                   const std::array<Digest, kSectionCount>& commitments);

// The same leaf, its message in two parts, for HashLanes.
using LeafPrefix = std::array<char, 1 + sizeof(uint64_t)>;
LeafPrefix leaf_prefix(uint64_t index);

inline ByteView leaf_body(const std::array<Digest, kSectionCount>& commitments) {
    static_assert(sizeof commitments == kSectionCount * kDigestBytes);
    return {commitments.front().data(), sizeof commitments};
}

}  // namespace llmtrail
