// The verifier's check of a BATCH: opens the sections that keys are there for, makes every
// commitment and leaf again and compares. Nothing is kept: buffers are used again, sections of
// large batches pass through in pieces. What is wrong is that which batch_reader finds, too. One
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/hash_lanes.h"
#include "spool/batch_codec.h"
#include "spool/frame_stream.h"
#include "spool/segment_keys.h"

namespace llmtrail {

struct ContentFault {
    std::string reason;
    std::string section;
    std::optional<uint64_t> record;
};

class BatchCheck {
 public:
    BatchCheck();
    ~BatchCheck();

    // `chain` is the value before the frame, `leaves` its leaf table. Nothing: all is right.
    // `digest` is that of the frame, made on the way unless the stream made it. Errors: those of
    // reading.
    Result<std::optional<ContentFault>> check(FrameStream& stream, const StreamedFrame& frame,
                                              SegmentOpeners& openers, const Digest& chain,
                                              ByteView leaves, Digest& digest);

 private:
    using Fault = std::optional<ContentFault>;

    struct Zstd;

    // Memory that is not cleared before it is written.
    struct Room {
        std::unique_ptr<char[]> bytes;
        size_t size = 0;

        char* of(size_t wanted);
    };

    Result<Fault> check_section(FrameStream& stream, const StreamedFrame& frame,
                                SegmentOpeners& openers, const Digest& chain, Section section);
    Fault take_section(const SectionParts& parts, SegmentOpeners& openers, Section section);
    Fault hash_records(ByteView raw, Section section);
    Fault stream_records(const SectionParts& parts, Section section);
    Fault check_leaves(ByteView leaves);
    Fault check_stored(uint8_t known);

    // Of the frame at hand.
    const FrameHeader* header_ = nullptr;
    std::vector<Commitments> commitments_;
    std::vector<uint8_t> present_;  // bit s: the record has section s
    std::vector<Digest> leaves_;
    Bytes stored_;  // as the envelope has them
    size_t raw_bytes_left_ = 0;

    HashLanes lanes_;
    Sha256 hash_;
    Bytes plaintext_;
    std::array<Bytes, kSectionCount> randoms_;
    std::array<Room, kSectionCount> raw_;
    std::unique_ptr<Zstd> zstd_;
};

}  // namespace llmtrail
