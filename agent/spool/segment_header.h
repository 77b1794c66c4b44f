// The header of a segment: bytes <-> struct. Used by writer, reader, recovery and verifier. Pure,
// any thread. Decoding takes hostile bytes: kUnsupported for a version, suite or flag unknown here,
// kCorrupt for the rest.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/section.h"
#include "crypto/digest.h"
#include "crypto/signature.h"
#include "spool/format.h"

namespace llmtrail {

inline constexpr size_t kHeaderFixedBytes = 360;
inline constexpr size_t kHeaderTailBytes = kSignatureBytes + 4;
inline constexpr size_t kHeaderBytesMin = kHeaderFixedBytes + kHeaderTailBytes;
inline constexpr size_t kHeaderBytesMax = kHeaderBytesMin + 32 * kFrontierHashesMax;

struct SegmentHeader {
    uint32_t compatible_flags = 0;
    std::array<char, kLogIdBytes> log_id{};
    uint64_t generation = 0;
    uint64_t segment_no = 0;
    uint64_t first_index = 0;
    int64_t wall_ns = 0;
    int64_t monotonic_ns = 0;
    std::array<char, kBootIdBytes> boot_id{};
    Digest prev_chain{};
    std::array<Digest, kSectionCount> key_commitments{};
    PublicKey segment_pk{};
    PublicKey first_seal_pk{};
    Digest identity_hash{};
    std::vector<Digest> frontier;

    // After decoding or encoding:
    size_t header_bytes = 0;
    Digest header_hash{};  // also the chain value before the first frame
    bool signature_valid = false;
    bool identity_signed() const;  // segment_pk is the identity key: first of a generation
};

// Signs with `signer`, sets segment_pk, header_bytes, header_hash.
Bytes encode_segment_header(SegmentHeader& header, const SigningKey& signer);

// `bytes` begins where the file begins and may be longer. A wrong signature is not an error but
// signature_valid == false: the caller says what that means.
Result<SegmentHeader> decode_segment_header(ByteView bytes);

// Of a header that is kUnsupported: what every version keeps in its place, so that it can be told
// who signed it and what it continues. No frontier.
Result<SegmentHeader> decode_later_header(ByteView bytes);

// header_len as the first 16 bytes tell it, when magic and limits are right.
Result<size_t> segment_header_size(ByteView first_bytes);

// The major version, whatever else stands there; 0 when there are no bytes for it.
uint16_t segment_major(ByteView first_bytes);

std::array<char, kLogIdBytes> log_id_of(const PublicKey& identity);

}  // namespace llmtrail
