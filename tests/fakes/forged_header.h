// Segment headers that were changed and signed again: by whoever holds the right key, or by a
// forger with a key of their own; and headers of frames that are not there. For tests of the
// verifiers, which link llmtrail_spool.
#pragma once

#include "crypto/signature.h"
#include "spool/crc32c.h"
#include "spool/format.h"
#include "spool/frame.h"
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

// The header of a frame with a right checksum of its own and nothing behind it that fits.
inline Bytes announced_frame(uint32_t frame_bytes) {
    FrameHeader header;
    header.leaf_count = 1;
    header.section_mask = 1;
    header.frame_bytes = frame_bytes;
    header.section_bytes[0] = frame_bytes - static_cast<uint32_t>(kFrameHeaderBytes);
    Bytes frame;
    put_frame_header(frame, header);
    Bytes crc;
    put_u32(crc, crc32c(ByteView(frame).substr(0, kFrameHeaderClearBytes)));
    return frame.replace(kFrameHeaderClearBytes, crc.size(), crc);
}

// `count` of them, one after the other, each as long as what is left of them all.
inline Bytes announced_frames(uint32_t count) {
    Bytes frames;
    for (uint32_t left = count; left > 0; --left) {
        frames += announced_frame(left * static_cast<uint32_t>(kFrameHeaderBytes) + 16);
    }
    return frames + Bytes(16, 'x');
}

// As a later version of the format would begin it.
inline void make_later(Bytes& segment, const SigningKey& signer) {
    constexpr size_t kMajorAt = 8;
    segment[kMajorAt] = 2;
    sign_header(segment, signer);
}

}  // namespace llmtrail
