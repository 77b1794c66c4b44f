#include "spool/frame_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "spool/crc32c.h"
#include "spool/segment_file.h"

namespace llmtrail {

namespace {

// What is read at once while frames are small: they stay in the processor's cache.
constexpr size_t kReadBytes = size_t{512} << 10;

}  // namespace

Result<FrameStream> FrameStream::open(FileSystem& files, const std::string& path) {
    FrameStream stream;
    Result<std::unique_ptr<ReadableFile>> file = files.open_readable(path, false);
    if (!file) {
        return fail(std::move(file.error()));
    }
    stream.file_ = std::move(*file);
    Result<FileInfo> info = stream.file_->info();
    if (!info) {
        return fail(std::move(info.error()));
    }
    stream.size_bytes_ = info->size_bytes;
    Result<ByteView> head = stream.window(0, kHeaderBytesMax);
    if (!head) {
        return fail(std::move(head.error()));
    }
    Result<SegmentHeader> header = decode_segment_header(*head);
    if (!header) {
        return fail(std::move(header.error()));
    }
    stream.header_ = std::move(*header);
    return stream;
}

// At least `size` bytes from `offset`, fewer at the end that the file had when it was opened.
Result<ByteView> FrameStream::window(uint64_t offset, size_t size) {
    uint64_t left = size_bytes_ - std::min(offset, size_bytes_);
    size = static_cast<size_t>(std::min<uint64_t>(size, left));
    bool inside = offset >= window_at_ && offset - window_at_ <= window_bytes_;
    size_t skipped = inside ? static_cast<size_t>(offset - window_at_) : 0;
    if (inside && window_bytes_ - skipped >= size) {
        return ByteView(window_.get() + skipped, window_bytes_ - skipped);
    }
    size_t want = static_cast<size_t>(std::min<uint64_t>(std::max(size, kReadBytes), left));
    move_window(offset, want);
    while (window_bytes_ < want) {
        Result<size_t> got = file_->read_at(offset + window_bytes_, window_.get() + window_bytes_,
                                            want - window_bytes_);
        if (!got) {
            return fail(std::move(got.error()));
        }
        if (*got == 0) {
            break;
        }
        window_bytes_ += *got;
    }
    return ByteView(window_.get(), window_bytes_);
}

// What is known from `offset` on stays.
void FrameStream::move_window(uint64_t offset, size_t room) {
    bool inside = offset >= window_at_ && offset - window_at_ <= window_bytes_;
    size_t skipped = inside ? static_cast<size_t>(offset - window_at_) : window_bytes_;
    size_t kept = window_bytes_ - skipped;
    if (room > window_room_) {
        auto larger = std::make_unique_for_overwrite<char[]>(room);
        std::copy_n(window_.get() + skipped, kept, larger.get());
        window_ = std::move(larger);
        window_room_ = room;
    } else {
        std::memmove(window_.get(), window_.get() + skipped, kept);
    }
    window_bytes_ = kept;
    window_at_ = offset;
}

Result<FrameFault> FrameStream::frame_at(uint64_t offset, StreamedFrame& frame) {
    frame.offset = offset;
    frame.large = false;
    frame.digest.reset();
    Result<ByteView> head = window(offset, kFrameHeaderBytes);
    if (!head) {
        return fail(std::move(head.error()));
    }
    FrameFault fault = decode_frame_header(*head, frame.view.header);
    if (fault != FrameFault::kNone) {
        return fault;
    }
    uint32_t size = frame.view.header.frame_bytes;
    if (size_bytes_ - offset < size) {
        return FrameFault::kShort;
    }
    if (size > kWindowBytes) {
        return large_frame(offset, frame);
    }
    Result<ByteView> whole = window(offset, size);
    if (!whole) {
        return fail(std::move(whole.error()));
    }
    return split_frame(*whole, frame.view);
}

Result<FrameFault> FrameStream::large_frame(uint64_t offset, StreamedFrame& frame) {
    FrameView& view = frame.view;
    frame.large = true;
    size_t before_sections = kFrameHeaderBytes + view.header.clear_bytes;
    Result<void> read = read_range(*file_, offset, before_sections, clear_);
    if (!read) {
        return fail(std::move(read.error()));
    }
    if (clear_.size() != before_sections) {
        return FrameFault::kShort;
    }
    view.head = ByteView(clear_).substr(0, kFrameHeaderClearBytes);
    view.clear = ByteView(clear_).substr(kFrameHeaderBytes);
    view.sections = {};
    view.trailer = {};
    view.body = {};
    Result<bool> right = digest_body(offset, view.header, frame);
    if (!right) {
        return fail(std::move(right.error()));
    }
    return *right ? FrameFault::kNone : FrameFault::kBodyCrc;
}

// In pieces: the body's checksum, compared, and the digest of the frame.
Result<bool> FrameStream::digest_body(uint64_t offset, const FrameHeader& header,
                                      StreamedFrame& frame) {
    Sha256 hash;
    hash.update({&kFramePrefix, 1}).update(frame.view.head).update(frame.view.clear);
    uint32_t crc = crc32c(frame.view.clear);
    uint64_t end = offset + header.frame_bytes;
    for (uint64_t at = offset + kFrameHeaderBytes + header.clear_bytes; at < end;) {
        size_t want = static_cast<size_t>(std::min<uint64_t>(kReadBytes, end - at));
        Result<ByteView> piece = window(at, want);
        if (!piece) {
            return fail(std::move(piece.error()));
        }
        ByteView part = piece->substr(0, want);
        if (part.size() != want) {
            return false;
        }
        hash.update(part);
        crc = crc32c(part, crc);
        at += want;
    }
    frame.digest = hash.finish();
    return crc == ByteReader(ByteView(clear_).substr(kFrameHeaderClearBytes + 4, 4)).u32();
}

Result<void> FrameStream::read_section(const StreamedFrame& frame, Section section, Bytes& out) {
    size_t s = index_of(section);
    if (!frame.large) {
        out.assign(frame.view.sections[s]);
        return {};
    }
    const FrameHeader& header = frame.view.header;
    uint64_t at = frame.offset + kFrameHeaderBytes + header.clear_bytes;
    for (size_t before = 0; before < s; ++before) {
        at += header.section_bytes[before];
    }
    Result<void> read = read_range(*file_, at, header.section_bytes[s], out);
    if (!read) {
        return read;
    }
    return out.size() == header.section_bytes[s]
               ? Result<void>{}
               : Result<void>(
                     fail(ErrorCode::kCorrupt, "the file became shorter while it was read"));
}

}  // namespace llmtrail
