#include "spool/segment_header.h"

#include <algorithm>
#include <bit>

#include "spool/crc32c.h"

namespace llmtrail {
namespace {

constexpr size_t kHashBytes = 32;
constexpr size_t kPrefixBytes = 16;  // magic, version, header_len
constexpr size_t kSuiteAt = 96;

template <size_t N>
void take_into(ByteReader& reader, std::array<char, N>& out) {
    ByteView bytes = reader.take(N);
    if (bytes.size() == N) {
        std::copy(bytes.begin(), bytes.end(), out.begin());
    }
}

template <size_t N>
void put_array(Bytes& out, const std::array<char, N>& bytes) {
    out.append(bytes.data(), bytes.size());
}

Bytes signed_text(ByteView header_without_tail) {
    return Bytes(kHeaderLabel) + Bytes(header_without_tail);
}

Error later_version(bool signature_valid, uint16_t major) {
    if (!signature_valid) {
        return {ErrorCode::kCorrupt,
                "a version that is not known, and the header's signature is wrong", 0};
    }
    return {ErrorCode::kUnsupported,
            "the segment, of spool format " + std::to_string(major) +
                ", needs a later version of this program",
            0};
}

Digest hash_of(ByteView header_without_crc) {
    return Sha256().update({&kHeaderPrefix, 1}).update(header_without_crc).finish();
}

// Exactly the header that `bytes` begins with, its length and checksum right.
Result<ByteView> whole_header(ByteView bytes) {
    Result<size_t> size = segment_header_size(bytes);
    if (!size) {
        return fail(size.error());
    }
    if (bytes.size() < *size) {
        return fail(ErrorCode::kCorrupt, "segment header cut short");
    }
    ByteView without_crc = bytes.substr(0, *size - 4);
    if (ByteReader(bytes.substr(*size - 4)).u32() != crc32c(without_crc)) {
        return fail(ErrorCode::kCorrupt, "segment header checksum is wrong");
    }
    return bytes.substr(0, *size);
}

bool version_known(ByteView header) {
    uint32_t incompatible = ByteReader(header.substr(kPrefixBytes)).u32();
    uint32_t suite = ByteReader(header.substr(kSuiteAt)).u32();
    return segment_major(header) == kFormatMajor &&
           (incompatible & ~kIncompatibleFlagsKnown) == 0 && suite == kSuite;
}

// What every version has where this one has it: all but the frontier.
SegmentHeader kept_fields(ByteView bytes) {
    SegmentHeader header;
    header.header_bytes = bytes.size();
    ByteReader reader(bytes);
    reader.take(kPrefixBytes);
    reader.u32();  // incompatible flags
    header.compatible_flags = reader.u32();
    take_into(reader, header.log_id);
    header.generation = reader.u64();
    header.segment_no = reader.u64();
    header.first_index = reader.u64();
    header.wall_ns = reader.i64();
    header.monotonic_ns = reader.i64();
    take_into(reader, header.boot_id);
    reader.u32();  // suite
    reader.u32();  // frontier hashes
    take_into(reader, header.prev_chain);
    for (Digest& commitment : header.key_commitments) {
        take_into(reader, commitment);
    }
    take_into(reader, header.segment_pk);
    take_into(reader, header.first_seal_pk);
    take_into(reader, header.identity_hash);
    ByteView unsigned_part = bytes.substr(0, bytes.size() - kHeaderTailBytes);
    header.signature_valid = verify_signature(header.segment_pk, signed_text(unsigned_part),
                                              bytes.substr(unsigned_part.size(), kSignatureBytes));
    header.header_hash = hash_of(bytes.substr(0, bytes.size() - 4));
    return header;
}

}  // namespace

bool SegmentHeader::identity_signed() const {
    return sha256(view(segment_pk)) == identity_hash;
}

Bytes encode_segment_header(SegmentHeader& header, const SigningKey& signer) {
    header.segment_pk = signer.public_key();
    header.header_bytes = kHeaderBytesMin + kHashBytes * header.frontier.size();
    Bytes out;
    out.reserve(header.header_bytes);
    out.append(kSegmentMagic);
    put_u16(out, kFormatMajor);
    put_u16(out, kFormatMinor);
    put_u32(out, static_cast<uint32_t>(header.header_bytes));
    put_u32(out, kIncompatibleFlagsKnown);
    put_u32(out, header.compatible_flags);
    put_array(out, header.log_id);
    put_u64(out, header.generation);
    put_u64(out, header.segment_no);
    put_u64(out, header.first_index);
    put_i64(out, header.wall_ns);
    put_i64(out, header.monotonic_ns);
    put_array(out, header.boot_id);
    put_u32(out, kSuite);
    put_u32(out, static_cast<uint32_t>(header.frontier.size()));
    put_array(out, header.prev_chain);
    for (const Digest& commitment : header.key_commitments) {
        put_array(out, commitment);
    }
    put_array(out, header.segment_pk);
    put_array(out, header.first_seal_pk);
    put_array(out, header.identity_hash);
    for (const Digest& hash : header.frontier) {
        put_array(out, hash);
    }
    put_array(out, signer.sign(signed_text(out)));
    header.signature_valid = true;
    header.header_hash = hash_of(out);
    put_u32(out, crc32c(out));
    return out;
}

Result<size_t> segment_header_size(ByteView first_bytes) {
    ByteReader reader(first_bytes);
    if (reader.take(kSegmentMagic.size()) != kSegmentMagic) {
        return fail(ErrorCode::kCorrupt, "not a spool segment");
    }
    reader.u32();  // version
    uint32_t size = reader.u32();
    if (!reader.ok()) {
        return fail(ErrorCode::kCorrupt, "segment header cut short");
    }
    if (size < kHeaderBytesMin || size > kHeaderBytesMax) {
        return fail(ErrorCode::kCorrupt, "segment header of an impossible size");
    }
    return size_t{size};
}

uint16_t segment_major(ByteView first_bytes) {
    ByteReader reader(first_bytes);
    reader.take(kSegmentMagic.size());
    uint16_t major = reader.u16();
    return reader.ok() ? major : uint16_t{0};
}

Result<SegmentHeader> decode_segment_header(ByteView bytes) {
    Result<ByteView> whole = whole_header(bytes);
    if (!whole) {
        return fail(whole.error());
    }
    SegmentHeader header = kept_fields(*whole);
    if (!version_known(*whole)) {
        return fail(later_version(header.signature_valid, segment_major(*whole)));
    }
    uint32_t hashes = ByteReader(whole->substr(kSuiteAt + 4)).u32();
    if (whole->size() != kHeaderBytesMin + kHashBytes * uint64_t{hashes} ||
        hashes != static_cast<uint32_t>(std::popcount(header.first_index)) ||
        header.generation == 0) {
        return fail(ErrorCode::kCorrupt, "segment header contradicts itself");
    }
    ByteReader frontier(whole->substr(kHeaderFixedBytes));
    header.frontier.resize(hashes);
    for (Digest& hash : header.frontier) {
        take_into(frontier, hash);
    }
    return header;
}

Result<SegmentHeader> decode_later_header(ByteView bytes) {
    Result<ByteView> whole = whole_header(bytes);
    if (!whole) {
        return fail(whole.error());
    }
    if (version_known(*whole)) {
        return fail(ErrorCode::kInvalidArgument, "the header is of a version that is known");
    }
    return kept_fields(*whole);
}

std::array<char, kLogIdBytes> log_id_of(const PublicKey& identity) {
    Digest hash = Sha256().update(kLogIdLabel).update(view(identity)).finish();
    std::array<char, kLogIdBytes> id;
    std::copy_n(hash.begin(), id.size(), id.begin());
    return id;
}

}  // namespace llmtrail
