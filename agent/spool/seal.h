// SEAL frames: body and signature: bytes <-> struct. Used by writer, recovery and verifier. Pure,
// any thread. Decoding takes hostile bytes: kCorrupt.
#pragma once

#include <array>
#include <cstdint>

#include "base/result.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "platform/clock.h"
#include "spool/control.h"
#include "spool/frame.h"
#include "spool/segment_header.h"

namespace llmtrail {

inline constexpr uint32_t kSealInterval = 1;
inline constexpr uint32_t kSealHeartbeat = 2;
inline constexpr uint32_t kSealSegmentEnd = 4;
inline constexpr uint32_t kSealCleanShutdown = 8;
inline constexpr uint32_t kSealForced = 16;

struct SealBody {
    uint64_t tree_size = 0;
    Digest root{};
    Digest chain{};
    uint64_t durable_index = 0;
    uint64_t seal_no = 0;
    int64_t monotonic_ns = 0;
    ClockState clock;
    uint32_t reasons = 0;
    PublicKey next_pk{};
    Cursors cursors;
    Bytes ledger;

    bool closes_segment() const { return (reasons & (kSealSegmentEnd | kSealCleanShutdown)) != 0; }
};

Bytes encode_seal(const SealBody& body);
Result<SealBody> decode_seal(ByteView clear);

// What a SEAL's signature is over; `body_without_trailer` is the frame's body up to its trailer.
Bytes seal_signed_text(const SegmentHeader& header, ByteView head, ByteView body_without_trailer);

// The signature of a SEAL frame against the key that must have made it.
bool seal_signature_valid(const SegmentHeader& header, const FrameView& frame,
                          const PublicKey& key);

}  // namespace llmtrail
