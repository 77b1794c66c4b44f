// Opens BATCH frames of one segment: decrypts, expands, checks every commitment and leaf. A section
// whose key is not at hand (erased, or not for this role) is left out and named in the batch: its
// commitments are those stored in the envelope, which is always needed. Used by spool_reader,
// verifier and the auditor's commands. One thread per object. kCrypto: a tag is wrong; kCorrupt:
// contents do not agree; kNotFound: the envelope's key is not at hand.
#pragma once

#include <memory>
#include <optional>

#include "spool/batch_codec.h"
#include "spool/control.h"
#include "spool/segment_keys.h"

namespace llmtrail {

// Where a frame's contents are wrong, as far as that can be told.
struct BatchFault {
    std::string_view section;
    std::optional<uint64_t> record;  // its index in the log
};

class BatchReader {
 public:
    // `chain` is the value before the frame. `fault` is filled in on failure.
    Result<std::shared_ptr<const Batch>> read(const SegmentHeader& header, SegmentOpeners& openers,
                                              const Digest& chain, const FrameView& frame,
                                              BatchFault* fault = nullptr);

 private:
    static Result<void> fail_at_record(const Batch& batch, size_t record, const char* what,
                                       BatchFault* fault);
    Result<void> check_records(const BatchBody& body, ByteView commitments, Batch& batch,
                               BatchFault* fault);
    Result<void> check_leaves(const BatchBody& body, Batch& batch, BatchFault* fault);
    Result<void> read_section(const FrameView& frame, SegmentOpeners& openers,
                              const SegmentHeader& header, const Digest& chain, Section section,
                              Batch& batch, Bytes& commitments);

    SectionExpander expander_;
    Committer committer_;
    Bytes plaintext_;
    size_t raw_bytes_left_ = 0;
};

}  // namespace llmtrail
