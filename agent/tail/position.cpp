#include "tail/position.h"

#include <algorithm>

namespace llmtrail {

namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kFlagFinished = 1;

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

}  // namespace

void encode_position(Bytes& out, const FilePosition& position) {
    put_u8(out, kVersion);
    put_u8(out, position.finished ? kFlagFinished : 0);
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
        put_varint(out, range.begin);
        put_varint(out, range.end - range.begin);
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
    if (!in.ok() || flags > kFlagFinished || fingerprint_bytes > kFingerprintBytesMax ||
        open_bytes > position.offset || open_records > UINT32_MAX || ranges > kOpenRangesMax) {
        return fail(ErrorCode::kCorrupt, "a saved position cannot be read");
    }
    position.fingerprint_bytes = static_cast<uint32_t>(fingerprint_bytes);
    position.open_document = position.offset - open_bytes;
    position.open_document_records = static_cast<uint32_t>(open_records);
    for (uint64_t i = 0; i < ranges; ++i) {
        const uint64_t begin = in.varint();
        const uint64_t size = in.varint();
        if (begin > position.offset || size > position.offset - begin) {
            return fail(ErrorCode::kCorrupt, "a saved position has a range outside its file");
        }
        position.open_ranges.push_back({begin, begin + size});
    }
    if (!in.ok() || !is_sound(position)) {
        return fail(ErrorCode::kCorrupt, "a saved position contradicts itself");
    }
    return position;
}

}  // namespace llmtrail
