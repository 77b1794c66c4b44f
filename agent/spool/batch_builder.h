// The records of the batch that is being filled, and its way into a frame. Buffers are kept from
// batch to batch except those that a committed Batch takes along. Used by spool_writer on the
// ingest thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/limits.h"
#include "spool/batch.h"
#include "spool/frame_encoder.h"

namespace llmtrail {

class BatchBuilder {
 public:
    explicit BatchBuilder(int compression_level);

    void append(const std::array<ByteView, kSectionCount>& sections);
    bool full() const;

    bool empty() const { return records_.empty(); }

    uint32_t records() const { return static_cast<uint32_t>(records_.size()); }

    uint64_t frame_bytes_max() const;  // how large the frame may become, without positions

    // Commitments, compression, sealing: appends the frame to `out`. May be called again after a
    // failed write.
    Result<void> encode(FrameEncoder& encoder, const std::vector<PositionEntry>& positions,
                        Bytes& out);

    void clear();  // the records are not to be committed

    // Hands the records out as a committed batch and starts an empty one.
    std::shared_ptr<const Batch> take(uint64_t segment_no, uint64_t first_index);

 private:
    std::array<Bytes, kSectionCount> raw_;
    std::vector<BatchRecord> records_;
    uint64_t content_bytes_ = 0;
    std::array<uint64_t, kSectionCount> section_content_bytes_{};
    SectionCompressor compressor_;
    Committer committer_;
    Bytes commitments_;
    std::array<Bytes, kSectionCount> plaintexts_;
};

}  // namespace llmtrail
