// Segment headers that were changed and signed again: by whoever holds the right key, or by a
// forger with a key of their own. For tests of the verifiers, which link llmtrail_spool.
#pragma once

#include "crypto/signature.h"
#include "spool/crc32c.h"
#include "spool/format.h"
#include "spool/segment_header.h"

namespace llmtrail {

inline void repair_header(Bytes& segment, size_t header_bytes) {
    Bytes crc;
    put_u32(crc, crc32c(ByteView(segment).substr(0, header_bytes - 4)));
    segment.replace(header_bytes - 4, 4, crc);
}

inline void sign_header(Bytes& segment, const SigningKey& signer) {
    constexpr size_t kSegmentPkAt = 264;
    size_t header_bytes = *segment_header_size(segment);
    size_t signed_bytes = header_bytes - kHeaderTailBytes;
    segment.replace(kSegmentPkAt, kPublicKeyBytes, view(signer.public_key()));
    Bytes text = Bytes(kHeaderLabel) + segment.substr(0, signed_bytes);
    segment.replace(signed_bytes, kSignatureBytes, view(signer.sign(text)));
    repair_header(segment, header_bytes);
}

// As a later version of the format would begin it.
inline void make_later(Bytes& segment, const SigningKey& signer) {
    constexpr size_t kMajorAt = 8;
    segment[kMajorAt] = 2;
    sign_header(segment, signer);
}

}  // namespace llmtrail
