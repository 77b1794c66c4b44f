#include "tail/position.h"

#include <algorithm>
#include <functional>

namespace llmtrail {

namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kFlagFinished = 1;
constexpr uint8_t kFlagComplete = 2;

PositionHash take_hash(ByteReader& in) {
    PositionHash hash{};
    const ByteView raw = in.take(hash.size());
    std::copy(raw.begin(), raw.end(), hash.begin());
    return hash;
}

bool is_sound(const FilePosition& position) {
    if (position.source_id.size() > kPositionSourceIdBytesMax ||
        position.path.size() > kPositionPathBytesMax ||
        position.fingerprint_bytes > kFingerprintBytesMax ||
        position.open_document > position.offset) {
        return false;
    }
    return std::all_of(position.open_ranges.begin(), position.open_ranges.end(),
                       [&](const OpenRange& range) {
                           return range.begin < range.end && range.end <= position.offset;
                       });
}

OpenRange loose_over(const OpenRange& a, const OpenRange& b) {
    if (a.of_one_document() && b.of_one_document() && a.begin == b.begin) {
        const uint32_t first = std::min(a.first_piece, b.first_piece);
        const uint32_t end = std::max(a.first_piece + a.pieces, b.first_piece + b.pieces);
        return {a.begin, a.end, OpenRange::Held::kSomeLoose, first, end - first};
    }
    return {std::min(a.begin, b.begin), std::max(a.end, b.end), OpenRange::Held::kLoose, 0, 0};
}

// A document of which one range holds everything is in no other.
void add_once(std::vector<OpenRange>& ranges, OpenRange range) {
    auto overlaps = [&] {
        return !ranges.empty() && ranges.back().end > range.begin &&
               !(ranges.back().of_one_document() && range.of_one_document());
    };
    while (overlaps()) {
        range = loose_over(ranges.back(), range);
        ranges.pop_back();
    }
    ranges.push_back(range);
}

// What lies between two ranges that follow each other.
uint64_t gap_between(const OpenRange& a, const OpenRange& b, uint64_t open_document) {
    if (a.begin == b.begin) {
        return 0;
    }
    return b.begin >= open_document ? UINT64_MAX : b.begin - std::min(b.begin, a.end);
}

void put_range(Bytes& out, const OpenRange& range) {
    put_varint(out, range.begin);
    put_varint(out, range.end - range.begin);
    put_u8(out, static_cast<uint8_t>(range.held));
    if (range.of_one_document()) {
        put_varint(out, range.first_piece);
        put_varint(out, range.pieces);
    }
}

// False: it is none, or lies outside the file.
bool take_range(ByteReader& in, uint64_t offset, OpenRange& range) {
    range.begin = in.varint();
    const uint64_t size = in.varint();
    const uint8_t held = in.u8();
    if (!in.ok() || range.begin > offset || size > offset - range.begin ||
        held > static_cast<uint8_t>(OpenRange::Held::kSomeLoose)) {
        return false;
    }
    range.end = range.begin + size;
    range.held = OpenRange::Held{held};
    if (!range.of_one_document()) {
        return true;
    }
    const uint64_t first = in.varint();
    const uint64_t pieces = in.varint();
    if (!in.ok() || first > UINT32_MAX || pieces > UINT32_MAX - first || pieces == 0) {
        return false;
    }
    range.first_piece = static_cast<uint32_t>(first);
    range.pieces = static_cast<uint32_t>(pieces);
    return true;
}

}  // namespace

void limit_open_ranges(std::vector<OpenRange>& ranges, uint64_t open_document) {
    std::sort(ranges.begin(), ranges.end(), [](const OpenRange& a, const OpenRange& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.first_piece < b.first_piece;
    });
    if (ranges.size() <= kOpenRangesMax) {
        return;
    }
    // The widest gaps stay.
    std::vector<uint64_t> gaps;
    for (size_t i = 1; i < ranges.size(); ++i) {
        gaps.push_back(gap_between(ranges[i - 1], ranges[i], open_document));
    }
    std::vector<uint64_t> widest = gaps;
    auto least = widest.begin() + (kOpenRangesMax - 2);
    std::nth_element(widest.begin(), least, widest.end(), std::greater<>());
    size_t as_wide = static_cast<size_t>(
        std::count(widest.begin(), least + 1, *least));  // of the least width that stays
    std::vector<OpenRange> limited = {ranges.front()};
    for (size_t i = 1; i < ranges.size(); ++i) {
        const uint64_t gap = gaps[i - 1];
        if (gap > *least || (gap == *least && as_wide > 0)) {
            as_wide -= gap == *least ? 1U : 0U;
            limited.push_back(ranges[i]);
        } else {
            limited.back() = loose_over(limited.back(), ranges[i]);
        }
    }
    ranges.clear();
    for (const OpenRange& range : limited) {
        add_once(ranges, range);
    }
}

void encode_position(Bytes& out, const FilePosition& position) {
    put_u8(out, kVersion);
    const int flags =
        (position.finished ? kFlagFinished : 0) | (position.complete ? kFlagComplete : 0);
    put_u8(out, static_cast<uint8_t>(flags));
    put_sized(out, position.source_id);
    put_sized(out, position.path);
    put_u64(out, position.file.device);
    put_u64(out, position.file.inode);
    put_u64(out, position.file.generation);
    put_varint(out, position.size_bytes);
    put_i64(out, position.modified.value);
    put_varint(out, position.fingerprint_bytes);
    out.append(position.fingerprint.data(), position.fingerprint.size());
    out.append(position.tail_hash.data(), position.tail_hash.size());
    put_varint(out, position.offset);
    put_varint(out, position.offset - position.open_document);
    put_varint(out, position.open_document_records);
    put_varint(out, position.open_ranges.size());
    for (const OpenRange& range : position.open_ranges) {
        put_range(out, range);
    }
}

Result<FilePosition> decode_position(ByteReader& in) {
    const uint8_t version = in.u8();
    if (in.ok() && version != kVersion) {
        return fail(ErrorCode::kUnsupported, "position of version " + std::to_string(version));
    }
    const uint8_t flags = in.u8();
    FilePosition position;
    position.finished = (flags & kFlagFinished) != 0;
    position.complete = (flags & kFlagComplete) != 0;
    position.source_id = in.sized();
    position.path = in.sized();
    position.file.device = in.u64();
    position.file.inode = in.u64();
    position.file.generation = in.u64();
    position.size_bytes = in.varint();
    position.modified.value = in.i64();
    const uint64_t fingerprint_bytes = in.varint();
    position.fingerprint = take_hash(in);
    position.tail_hash = take_hash(in);
    position.offset = in.varint();
    const uint64_t open_bytes = in.varint();
    const uint64_t open_records = in.varint();
    const uint64_t ranges = in.varint();
    if (!in.ok() || flags > (kFlagFinished | kFlagComplete) ||
        fingerprint_bytes > kFingerprintBytesMax || open_bytes > position.offset ||
        open_records > UINT32_MAX || ranges > kOpenRangesMax) {
        return fail(ErrorCode::kCorrupt, "a saved position cannot be read");
    }
    position.fingerprint_bytes = static_cast<uint32_t>(fingerprint_bytes);
    position.open_document = position.offset - open_bytes;
    position.open_document_records = static_cast<uint32_t>(open_records);
    for (uint64_t i = 0; i < ranges; ++i) {
        OpenRange range;
        if (!take_range(in, position.offset, range)) {
            return fail(ErrorCode::kCorrupt, "a saved position has a range that is none");
        }
        position.open_ranges.push_back(range);
    }
    if (!in.ok() || !is_sound(position)) {
        return fail(ErrorCode::kCorrupt, "a saved position contradicts itself");
    }
    return position;
}

}  // namespace llmtrail
