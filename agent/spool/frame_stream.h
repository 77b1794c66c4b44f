// A segment read from front to back with little memory: frames of usual size are views into a
// window, of larger ones the header and the clear body are in memory and the sections are read one
// at a time; their digest is made while they pass. Used by the verifier. One thread per object.
// Errors: those of reading; what is wrong with a frame is a FrameFault.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/digest.h"
#include "platform/file_system.h"
#include "spool/frame.h"
#include "spool/segment_header.h"

namespace llmtrail {

inline constexpr size_t kWindowBytes = size_t{4} << 20;

struct StreamedFrame {
    FrameView view;                // without sections and body when it is large
    bool large = false;            // longer than the window
    std::optional<Digest> digest;  // of a large one
    uint64_t offset = 0;
};

class FrameStream {
 public:
    static Result<FrameStream> open(FileSystem& files, const std::string& path);

    const SegmentHeader& header() const { return header_; }

    uint64_t size_bytes() const { return size_bytes_; }

    // Views into this object's buffers until the next call.
    Result<FrameFault> frame_at(uint64_t offset, StreamedFrame& frame);

    // A section of the frame that frame_at() gave last, as it stands in the file. Replaces `out`.
    Result<void> read_section(const StreamedFrame& frame, Section section, Bytes& out);

 private:
    Result<ByteView> window(uint64_t offset, size_t size);
    void move_window(uint64_t offset, size_t room);
    Result<FrameFault> large_frame(uint64_t offset, StreamedFrame& frame);
    Result<bool> digest_body(uint64_t offset, const FrameHeader& header, StreamedFrame& frame);

    std::unique_ptr<ReadableFile> file_;
    SegmentHeader header_;
    uint64_t size_bytes_ = 0;
    std::unique_ptr<char[]> window_;  // never cleared
    size_t window_room_ = 0;
    size_t window_bytes_ = 0;
    uint64_t window_at_ = 0;
    Bytes clear_;  // of a large frame, with its header
};

}  // namespace llmtrail
