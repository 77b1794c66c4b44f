#include "spool/frame.h"

#include "crypto/aead.h"
#include "crypto/signature.h"
#include "spool/crc32c.h"

namespace llmtrail {
namespace {

constexpr uint8_t kSectionMaskAll = (1U << kSectionCount) - 1;
constexpr uint64_t kIndexMax = uint64_t{1} << 62;  // far from any overflow of index + leaf_count

uint32_t u32_at(ByteView bytes, size_t offset) {
    return ByteReader(bytes.substr(offset, 4)).u32();
}

bool leaf_count_fits(const FrameHeader& header) {
    switch (header.type) {
        case FrameType::kBatch:
            return header.leaf_count >= 1 && header.leaf_count <= kFrameRecordsMax;
        case FrameType::kSeal:
            return header.leaf_count == 0;
        default:
            return header.leaf_count == 1;
    }
}

bool sections_fit(const FrameHeader& header) {
    if ((header.section_mask & 1U) == 0 || (header.section_mask & ~kSectionMaskAll) != 0) {
        return false;
    }
    if (header.type != FrameType::kBatch &&
        (header.section_mask != 1 || header.section_bytes[0] != kAeadTagBytes)) {
        return false;
    }
    for (size_t s = 0; s < kSectionCount; ++s) {
        bool present = (header.section_mask & (1U << s)) != 0;
        uint32_t size = header.section_bytes[s];
        if (present ? size < kAeadTagBytes || size > kSealedSectionBytesMax : size != 0) {
            return false;
        }
    }
    return true;
}

bool fields_fit(const FrameHeader& header) {
    uint64_t sum = kFrameHeaderBytes + uint64_t{header.clear_bytes} + header.trailer_bytes();
    for (uint32_t size : header.section_bytes) {
        sum += size;
    }
    uint16_t allowed = header.type == FrameType::kPositions ? kFrameFlagDelta : uint16_t{0};
    return sum == header.frame_bytes && header.frame_bytes <= kFrameBytesMax &&
           header.clear_bytes <= kFrameClearBytesMax && header.frame_no < kSegmentFramesMax &&
           header.index <= kIndexMax && (header.flags & ~allowed) == 0 && leaf_count_fits(header) &&
           sections_fit(header);
}

ByteView u64_view(const uint64_t& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

size_t FrameHeader::trailer_bytes() const {
    return type == FrameType::kSeal ? kSignatureBytes : 0;
}

std::string_view frame_fault_text(FrameFault fault) {
    switch (fault) {
        case FrameFault::kNone:
            return "the frame is whole";
        case FrameFault::kEnd:
            return "no frame more";
        case FrameFault::kShort:
            return "the frame is cut short";
        case FrameFault::kMarker:
            return "no frame begins where one should";
        case FrameFault::kHeaderCrc:
            return "the frame header's checksum is wrong";
        case FrameFault::kFields:
            return "the frame header contradicts itself";
        case FrameFault::kBodyCrc:
            return "the frame body's checksum is wrong";
    }
    return "";
}

FrameFault decode_frame_header(ByteView bytes, FrameHeader& header) {
    if (bytes.empty()) {
        return FrameFault::kEnd;
    }
    if (bytes.size() < kFrameHeaderBytes) {
        return FrameFault::kShort;
    }
    if (!bytes.starts_with(kFrameMarker)) {
        return FrameFault::kMarker;
    }
    if (u32_at(bytes, kFrameHeaderClearBytes) != crc32c(bytes.substr(0, kFrameHeaderClearBytes))) {
        return FrameFault::kHeaderCrc;
    }
    ByteReader reader(bytes.substr(kFrameMarker.size()));
    header.type = static_cast<FrameType>(reader.u8());
    header.section_mask = reader.u8();
    header.flags = reader.u16();
    header.frame_no = reader.u32();
    header.frame_bytes = reader.u32();
    header.index = reader.u64();
    header.leaf_count = reader.u32();
    header.clear_bytes = reader.u32();
    header.wall_ns = reader.i64();
    header.salt = reader.u64();
    for (uint32_t& size : header.section_bytes) {
        size = reader.u32();
    }
    return fields_fit(header) ? FrameFault::kNone : FrameFault::kFields;
}

FrameFault split_frame(ByteView bytes, FrameView& frame) {
    FrameFault fault = decode_frame_header(bytes, frame.header);
    if (fault != FrameFault::kNone) {
        return fault;
    }
    if (bytes.size() < frame.header.frame_bytes) {
        return FrameFault::kShort;
    }
    bytes = bytes.substr(0, frame.header.frame_bytes);
    frame.head = bytes.substr(0, kFrameHeaderClearBytes);
    frame.body = bytes.substr(kFrameHeaderBytes);
    if (u32_at(bytes, kFrameHeaderClearBytes + 4) != crc32c(frame.body)) {
        return FrameFault::kBodyCrc;
    }
    ByteReader reader(frame.body);
    frame.clear = reader.take(frame.header.clear_bytes);
    for (size_t s = 0; s < kSectionCount; ++s) {
        frame.sections[s] = reader.take(frame.header.section_bytes[s]);
    }
    frame.trailer = reader.take(frame.header.trailer_bytes());
    return FrameFault::kNone;
}

void put_frame_header(Bytes& out, const FrameHeader& header) {
    out.append(kFrameMarker);
    put_u8(out, static_cast<uint8_t>(header.type));
    put_u8(out, header.section_mask);
    put_u16(out, header.flags);
    put_u32(out, header.frame_no);
    put_u32(out, header.frame_bytes);
    put_u64(out, header.index);
    put_u32(out, header.leaf_count);
    put_u32(out, header.clear_bytes);
    put_i64(out, header.wall_ns);
    put_u64(out, header.salt);
    for (uint32_t size : header.section_bytes) {
        put_u32(out, size);
    }
    put_u64(out, 0);
}

void finish_frame(Bytes& out, size_t at) {
    ByteView frame = ByteView(out).substr(at);
    uint32_t crcs[2] = {crc32c(frame.substr(0, kFrameHeaderClearBytes)),
                        crc32c(frame.substr(kFrameHeaderBytes))};
    std::memcpy(out.data() + at + kFrameHeaderClearBytes, crcs, sizeof crcs);
}

Digest frame_digest(Sha256& hash, ByteView head, ByteView body) {
    return hash.update({&kFramePrefix, 1}).update(head).update(body).finish();
}

Digest chain_after(Sha256& hash, const Digest& before, const Digest& digest) {
    return hash.update({&kChainPrefix, 1}).update(view(before)).update(view(digest)).finish();
}

Digest control_leaf(Sha256& hash, uint64_t index, const Digest& digest) {
    return hash.update({&kLeafPrefix, 1}).update(u64_view(index)).update(view(digest)).finish();
}

Digest record_leaf(Sha256& hash, uint64_t index,
                   const std::array<Digest, kSectionCount>& commitments) {
    LeafPrefix prefix = leaf_prefix(index);
    return hash.update({prefix.data(), prefix.size()}).update(leaf_body(commitments)).finish();
}

LeafPrefix leaf_prefix(uint64_t index) {
    LeafPrefix prefix{kLeafPrefix};
    u64_view(index).copy(prefix.data() + 1, sizeof index);
    return prefix;
}

}  // namespace llmtrail
