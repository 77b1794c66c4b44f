#include "spool/segment_file.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

Result<void> read_range(ReadableFile& file, uint64_t offset, size_t size, Bytes& out) {
    if (size > out.capacity()) {
        Bytes().swap(out);  // nothing is copied, and the old room is free before there is new
    }
    out.resize(size);
    size_t have = 0;
    while (have < size) {
        Result<size_t> got = file.read_at(offset + have, out.data() + have, size - have);
        if (!got) {
            return fail(got.error());
        }
        if (*got == 0) {
            break;
        }
        have += *got;
    }
    out.resize(have);
    return {};
}

Result<Digest> hash_range(ReadableFile& file, uint64_t from, uint64_t to) {
    constexpr size_t kPieceBytes = 1 << 20;
    Sha256 hash;
    Bytes piece;
    for (uint64_t at = from; at < to; at += piece.size()) {
        size_t want = static_cast<size_t>(std::min<uint64_t>(kPieceBytes, to - at));
        Result<void> read = read_range(file, at, want, piece);
        if (!read) {
            return fail(read.error());
        }
        if (piece.empty()) {
            return fail(ErrorCode::kCorrupt, "the file became shorter while it was read");
        }
        hash.update(piece);
    }
    return hash.finish();
}

Result<SegmentFile> SegmentFile::open(FileSystem& files, const std::string& path) {
    SegmentFile segment;
    Result<std::unique_ptr<ReadableFile>> file = files.open_readable(path, false);
    if (!file) {
        return fail(file.error());
    }
    segment.file_ = std::move(*file);
    Result<void> sized = segment.refresh();
    if (!sized) {
        return fail(sized.error());
    }
    Result<void> read = read_range(*segment.file_, 0, kHeaderBytesMax, segment.buffer_);
    if (!read) {
        return fail(read.error());
    }
    Result<SegmentHeader> header = decode_segment_header(segment.buffer_);
    if (!header) {
        return fail(header.error());
    }
    segment.header_ = std::move(*header);
    return segment;
}

Result<void> SegmentFile::refresh() {
    Result<FileInfo> info = file_->info();
    if (!info) {
        return fail(info.error());
    }
    size_bytes_ = info->size_bytes;
    return {};
}

Result<Bytes> SegmentFile::header_bytes() {
    Bytes bytes;
    Result<void> read = read_range(*file_, 0, header_.header_bytes, bytes);
    if (!read) {
        return fail(read.error());
    }
    if (bytes.size() != header_.header_bytes) {
        return fail(ErrorCode::kCorrupt, "the file became shorter while it was read");
    }
    return bytes;
}

Result<FrameFault> SegmentFile::frame_at(uint64_t offset, FrameView& frame) {
    Result<void> read = read_range(*file_, offset, kFrameHeaderBytes, buffer_);
    if (!read) {
        return fail(read.error());
    }
    FrameFault fault = decode_frame_header(buffer_, frame.header);
    if (fault != FrameFault::kNone) {
        return fault;
    }
    if (size_bytes_ < offset || size_bytes_ - offset < frame.header.frame_bytes) {
        return FrameFault::kShort;
    }
    read = read_range(*file_, offset, frame.header.frame_bytes, buffer_);
    if (!read) {
        return fail(read.error());
    }
    return split_frame(buffer_, frame);
}

Result<SegmentHeader> read_later_header(FileSystem& files, const std::string& path,
                                        uint64_t header_at) {
    Result<std::unique_ptr<ReadableFile>> file = files.open_readable(path, false);
    if (!file) {
        return fail(std::move(file.error()));
    }
    Bytes head;
    Result<void> read = read_range(**file, header_at, kHeaderBytesMax, head);
    return read ? decode_later_header(head) : Result<SegmentHeader>(fail(read.error()));
}

}  // namespace llmtrail
