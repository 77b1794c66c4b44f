// Opens BATCH frames of one segment: decrypts, expands, checks every commitment and leaf. Used by
// spool_reader; the verifier may use it, too. One thread per object. kCrypto: a tag is wrong;
// kCorrupt: contents do not agree.
#pragma once

#include <memory>

#include "spool/batch_codec.h"
#include "spool/control.h"
#include "spool/segment_keys.h"

namespace llmtrail {

class BatchReader {
 public:
    // `chain` is the value before the frame. `failed` names the section when one is at fault.
    Result<std::shared_ptr<const Batch>> read(const SegmentHeader& header, SegmentOpeners& openers,
                                              const Digest& chain, const FrameView& frame,
                                              std::string_view* failed = nullptr);

 private:
    Result<void> read_section(const FrameView& frame, SegmentOpeners& openers,
                              const SegmentHeader& header, const Digest& chain, Section section,
                              Batch& batch, Bytes& commitments);

    SectionExpander expander_;
    Committer committer_;
    Bytes plaintext_;
    size_t raw_bytes_left_ = 0;
};

}  // namespace llmtrail
