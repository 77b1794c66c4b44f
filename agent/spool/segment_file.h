// A segment being read: its header, and frames by offset, one buffer reused. Used by reader,
// recovery and verifier. One thread per object. Memory: the largest frame met (at most 128 MiB).
// Errors: those of reading and of decoding the header; what is wrong with a frame is a FrameFault.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "platform/file_system.h"
#include "spool/frame.h"
#include "spool/segment_header.h"

namespace llmtrail {

class SegmentFile {
 public:
    static Result<SegmentFile> open(FileSystem& files, const std::string& path);

    const SegmentHeader& header() const { return header_; }

    uint64_t size_bytes() const { return size_bytes_; }

    Result<void> refresh();  // the file may have grown

    Result<Bytes> header_bytes();  // as they stand in the file

    // `frame` views into this object's buffer until the next call.
    Result<FrameFault> frame_at(uint64_t offset, FrameView& frame);

 private:
    std::unique_ptr<ReadableFile> file_;
    SegmentHeader header_;
    uint64_t size_bytes_ = 0;
    Bytes buffer_;
};

// Exactly `size` bytes at `offset`, or fewer at the end of the file. Replaces `out`.
Result<void> read_range(ReadableFile& file, uint64_t offset, size_t size, Bytes& out);

// SHA-256 of [from, to), in pieces.
Result<Digest> hash_range(ReadableFile& file, uint64_t from, uint64_t to);

// What a crash leaves (docs/spool-format.md, "Verdicts" 6): `from` is where the first frame begins
// that is not as it should be. A whole frame there or later in the file is never crash shape.
Result<bool> has_crash_shape(ReadableFile& file, uint64_t from, uint64_t file_bytes);

// The file ends inside its header, whose length follows from its first index: one that does not is
// no crash.
Result<bool> has_torn_header(ReadableFile& file, uint64_t file_bytes);

// The same of a segment of which nothing counts: a torn header, or a zero page and no whole frame.
Result<bool> has_void_shape(ReadableFile& file, uint64_t file_bytes);

// decode_later_header() of what stands in the file from `header_at` on.
Result<SegmentHeader> read_later_header(FileSystem& files, const std::string& path,
                                        uint64_t header_at);

}  // namespace llmtrail
