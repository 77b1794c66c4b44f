// Makes the frames of one segment: numbers them, seals their sections, keeps chain and tree. Bytes
// only, no file. Used by spool_writer on the ingest thread. An encoded frame must be written: the
// encoder has moved on. After an error the segment is finished. Errors: kLimit for a used-up
// segment, kCrypto without randomness.
#pragma once

#include <array>
#include <cstdint>

#include "crypto/signature.h"
#include "platform/clock.h"
#include "platform/random.h"
#include "spool/batch_codec.h"
#include "spool/control.h"
#include "spool/merkle.h"
#include "spool/seal.h"
#include "spool/segment_keys.h"

namespace llmtrail {

// Where a log stands: enough to continue it in this segment or the next.
struct LogHead {
    Digest chain{};
    MerkleTree tree;
};

class FrameEncoder {
 public:
    FrameEncoder(SegmentHeader header, const DataKeys& keys, LogHead head, Clock& clock,
                 Random& random);

    const SegmentHeader& header() const { return header_; }

    const LogHead& head() const { return head_; }

    uint32_t frames() const { return frame_no_; }

    uint64_t leaves() const { return head_.tree.size() - header_.first_index; }

    Keystream& keystream(Section section) { return sealers_.keystreams[index_of(section)]; }

    // Each appends one frame to `out`.
    Result<void> control(FrameType type, uint16_t flags, ByteView clear, Bytes& out);
    // `sections` are plaintexts as SectionCompressor makes them; empty: not in the frame.
    Result<void> batch(const std::vector<BatchRecord>& records,
                       const std::vector<PositionEntry>& positions,
                       const std::array<Bytes, kSectionCount>& sections, Bytes& out);
    // Fills in tree size, root and chain; signs with `key`.
    Result<void> seal(SealBody& body, const SigningKey& key, Bytes& out);

 private:
    Result<size_t> begin(FrameHeader& header, ByteView clear, Bytes& out);
    Result<void> seal_section(const FrameHeader& header, size_t at, Section section,
                              ByteView plaintext, Bytes& out);
    void finish(const FrameHeader& header, size_t at, Bytes& out,
                const std::vector<BatchRecord>* records);

    SegmentHeader header_;
    SegmentSealers sealers_;
    LogHead head_;
    Clock& clock_;
    Random& random_;
    Sha256 hash_;
    Bytes clear_;
    uint32_t frame_no_ = 0;
};

}  // namespace llmtrail
