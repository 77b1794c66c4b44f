// has_crash_shape() and its kin: tell what a crash leaves at the end of a segment from what
// somebody did to it.
#include <algorithm>
#include <bit>
#include <utility>

#include "spool/crc32c.h"
#include "spool/segment_file.h"

namespace llmtrail {
namespace {

constexpr size_t kPieceBytes = 256 * kPageBytes;
constexpr uint64_t kAnnouncedBytesFactor = 4;
constexpr size_t kBodyCrcAt = 68;
constexpr size_t kFirstIndexAt = 56;

bool all_zero(ByteView bytes) {
    return bytes.find_first_not_of('\0') == ByteView::npos;
}

Result<uint32_t> crc_of(ReadableFile& file, uint64_t from, uint64_t to) {
    Bytes piece;
    uint32_t crc = 0;
    for (uint64_t at = from; at < to; at += piece.size()) {
        size_t want = static_cast<size_t>(std::min<uint64_t>(kPieceBytes, to - at));
        Result<void> read = read_range(file, at, want, piece);
        if (!read) {
            return fail(read.error());
        }
        if (piece.empty()) {
            break;
        }
        crc = crc32c(piece, crc);
    }
    return crc;
}

// Is the checksum right of the frame that begins with `head` at `at`?
Result<bool> is_whole(ReadableFile& file, uint64_t at, uint32_t frame_bytes, ByteView head) {
    Result<uint32_t> crc = crc_of(file, at + kFrameHeaderBytes, at + frame_bytes);
    return crc ? Result<bool>(*crc == ByteReader(head.substr(kBodyCrcAt, sizeof(uint32_t))).u32())
               : Result<bool>(fail(crc.error()));
}

// A whole, right frame that begins anywhere in [from, file_bytes). Headers that announce the same
// bytes again and again cannot make this quadratic: when those asked so far announce more than a
// few times the bytes there, the answer is yes.
Result<bool> any_frame_after(ReadableFile& file, uint64_t from, uint64_t file_bytes) {
    Bytes piece;
    uint64_t budget = kAnnouncedBytesFactor * (file_bytes - std::min(from, file_bytes));
    for (uint64_t at = from; at < file_bytes; at += kPieceBytes) {
        Result<void> read = read_range(file, at, kPieceBytes + kFrameHeaderBytes - 1, piece);
        if (!read) {
            return fail(read.error());
        }
        for (size_t found = piece.find(kFrameMarker); found < kPieceBytes;
             found = piece.find(kFrameMarker, found + 1)) {
            FrameHeader header;
            if (decode_frame_header(ByteView(piece).substr(found), header) != FrameFault::kNone ||
                header.frame_bytes > file_bytes - (at + found)) {
                continue;
            }
            if (header.frame_bytes > budget) {
                return true;
            }
            budget -= header.frame_bytes;
            Result<bool> whole =
                is_whole(file, at + found, header.frame_bytes, ByteView(piece).substr(found));
            if (!whole || *whole) {
                return whole;
            }
        }
    }
    return false;
}

// Some page that [from, to) touches is zero from max(page, from) to its end or the end of the file.
Result<bool> any_zero_page(ReadableFile& file, uint64_t from, uint64_t to, uint64_t file_bytes) {
    Bytes piece;
    for (uint64_t at = from - from % kPageBytes; at < to; at += kPieceBytes) {
        Result<void> read = read_range(file, at, kPieceBytes, piece);
        if (!read) {
            return fail(read.error());
        }
        for (uint64_t page = at; page < std::min(to, at + kPieceBytes); page += kPageBytes) {
            uint64_t begin = std::max(page, from);
            uint64_t end = std::min(page + kPageBytes, file_bytes);
            if (begin < end && end - at <= piece.size() &&
                all_zero(ByteView(piece).substr(static_cast<size_t>(begin - at),
                                                static_cast<size_t>(end - begin)))) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

Result<bool> has_crash_shape(ReadableFile& file, uint64_t from, uint64_t file_bytes) {
    Result<bool> later = any_frame_after(file, from + 1, file_bytes);
    if (!later || *later) {
        return later ? Result<bool>(false) : later;
    }
    uint64_t left = file_bytes - std::min(from, file_bytes);
    if (left < kFrameHeaderBytes) {
        return true;
    }
    Bytes head;
    Result<void> read = read_range(file, from, kFrameHeaderBytes, head);
    if (!read) {
        return fail(read.error());
    }
    FrameHeader header;
    FrameFault fault = decode_frame_header(head, header);
    if (fault == FrameFault::kFields) {
        return false;
    }
    if (fault != FrameFault::kNone) {
        return any_zero_page(file, from, file_bytes, file_bytes);
    }
    if (left < header.frame_bytes) {
        return true;
    }
    Result<bool> whole = is_whole(file, from, header.frame_bytes, head);
    if (!whole || *whole) {
        return whole ? Result<bool>(false) : whole;
    }
    return any_zero_page(file, from, from + header.frame_bytes, file_bytes);
}

Result<bool> has_torn_header(ReadableFile& file, uint64_t file_bytes) {
    Bytes head;
    Result<void> read = read_range(file, 0, kHeaderBytesMin, head);
    if (!read) {
        return fail(read.error());
    }
    if (file_bytes < kHeaderBytesMin || head.size() < kHeaderBytesMin) {
        return true;
    }
    Result<size_t> size = segment_header_size(head);
    uint64_t first_index = ByteReader(ByteView(head).substr(kFirstIndexAt)).u64();
    size_t frontier_hashes = static_cast<size_t>(std::popcount(first_index));
    return size && *size == kHeaderBytesMin + kDigestBytes * frontier_hashes && file_bytes < *size;
}

Result<bool> has_void_shape(ReadableFile& file, uint64_t file_bytes) {
    Result<bool> torn_header = has_torn_header(file, file_bytes);
    if (!torn_header || *torn_header) {
        return torn_header;
    }
    Result<bool> any_frame = any_frame_after(file, 0, file_bytes);
    if (!any_frame || *any_frame) {
        return any_frame ? Result<bool>(false) : any_frame;
    }
    return any_zero_page(file, 0, file_bytes, file_bytes);
}

}  // namespace llmtrail
