#include "spool/anchor_frame.h"

#include <algorithm>

#include "spool/format.h"

namespace llmtrail {

std::string_view anchor_holder_kind_name(AnchorHolderKind kind) {
    switch (kind) {
        case AnchorHolderKind::kOutput:
            return "output";
        case AnchorHolderKind::kWitness:
            return "witness";
        case AnchorHolderKind::kTimestamp:
            return "timestamp";
    }
    return "";
}

Bytes encode_anchor(const AnchorBody& body) {
    Bytes out;
    put_u8(out, static_cast<uint8_t>(body.kind));
    put_sized(out, body.holder);
    put_u64(out, body.tree_size);
    out.append(view(body.root));
    put_sized(out, body.receipt);
    return out;
}

Result<AnchorBody> decode_anchor(ByteView clear) {
    ByteReader reader(clear);
    uint8_t kind = reader.u8();
    ByteView holder = reader.sized();
    AnchorBody body;
    body.tree_size = reader.u64();
    ByteView root = reader.take(kDigestBytes);
    ByteView receipt = reader.sized();
    if (!reader.ok() || !reader.at_end() || kind < 1 || kind > 3 || holder.empty() ||
        holder.size() > kOutputIdBytesMax || receipt.size() > kAnchorReceiptBytesMax) {
        return fail(ErrorCode::kCorrupt, "an anchor that cannot be read");
    }
    body.kind = static_cast<AnchorHolderKind>(kind);
    body.holder = holder;
    std::copy(root.begin(), root.end(), body.root.begin());
    body.receipt = receipt;
    return body;
}

}  // namespace llmtrail
