#include "spool/removal_frames.h"

#include <algorithm>

namespace llmtrail {

Bytes encode_prune(const PruneBody& body) {
    Bytes out;
    put_u64(out, body.first_segment);
    put_u64(out, body.last_segment);
    put_u64(out, body.end_index);
    out.append(view(body.root));
    put_u8(out, static_cast<uint8_t>(body.reason));
    put_sized(out, ByteView(body.policy).substr(0, kRemovalTextBytesMax));
    return out;
}

Result<PruneBody> decode_prune(ByteView clear) {
    ByteReader reader(clear);
    PruneBody body;
    body.first_segment = reader.u64();
    body.last_segment = reader.u64();
    body.end_index = reader.u64();
    ByteView root = reader.take(kDigestBytes);
    uint8_t reason = reader.u8();
    ByteView policy = reader.sized();
    if (!reader.ok() || !reader.at_end() || body.first_segment > body.last_segment || reason < 1 ||
        reason > static_cast<uint8_t>(PruneReason::kDropped) ||
        policy.size() > kRemovalTextBytesMax) {
        return fail(ErrorCode::kCorrupt, "a pruning cannot be read");
    }
    std::copy(root.begin(), root.end(), body.root.begin());
    body.reason = static_cast<PruneReason>(reason);
    body.policy = policy;
    return body;
}

Bytes encode_erase(const EraseBody& body) {
    Bytes out;
    put_u64(out, body.first_segment);
    put_u64(out, body.last_segment);
    put_u8(out, body.section_mask);
    put_sized(out, body.basis);
    put_sized(out, body.approver);
    return out;
}

Result<EraseBody> decode_erase(ByteView clear) {
    ByteReader reader(clear);
    EraseBody body;
    body.first_segment = reader.u64();
    body.last_segment = reader.u64();
    body.section_mask = reader.u8();
    ByteView basis = reader.sized();
    ByteView approver = reader.sized();
    bool texts = !basis.empty() && basis.size() <= kRemovalTextBytesMax && !approver.empty() &&
                 approver.size() <= kRemovalTextBytesMax;
    bool sections =
        body.section_mask != 0 && (body.section_mask & ~unsigned{kErasableSections}) == 0;
    if (!reader.ok() || !reader.at_end() || body.first_segment > body.last_segment || !texts ||
        !sections) {
        return fail(ErrorCode::kCorrupt, "an erasure cannot be read");
    }
    body.basis = basis;
    body.approver = approver;
    return body;
}

}  // namespace llmtrail
