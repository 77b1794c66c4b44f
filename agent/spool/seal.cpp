#include "spool/seal.h"

#include <algorithm>

namespace llmtrail {
namespace {

constexpr size_t kSealFixedBytes = 160;

void take_hash(ByteReader& reader, Digest& out) {
    ByteView bytes = reader.take(out.size());
    if (bytes.size() == out.size()) {
        std::copy(bytes.begin(), bytes.end(), out.begin());
    }
}

}  // namespace

Bytes encode_seal(const SealBody& body) {
    Bytes out;
    out.reserve(kSealFixedBytes + body.ledger.size());
    put_u64(out, body.tree_size);
    out.append(view(body.root));
    out.append(view(body.chain));
    put_u64(out, body.durable_index);
    put_u64(out, body.seal_no);
    put_i64(out, body.monotonic_ns);
    put_integer(out, body.clock.status);
    put_integer(out, body.clock.tai_offset_seconds);
    put_i64(out, body.clock.estimated_error_us);
    put_i64(out, body.clock.maximum_error_us);
    put_u32(out, body.reasons);
    put_u32(out, 0);
    out.append(view(body.next_pk));
    put_cursors(out, body.cursors);
    put_sized(out, body.ledger);
    return out;
}

Result<SealBody> decode_seal(ByteView clear) {
    ByteReader reader(clear);
    SealBody body;
    body.tree_size = reader.u64();
    take_hash(reader, body.root);
    take_hash(reader, body.chain);
    body.durable_index = reader.u64();
    body.seal_no = reader.u64();
    body.monotonic_ns = reader.i64();
    body.clock.status = static_cast<int32_t>(reader.u32());
    body.clock.tai_offset_seconds = static_cast<int32_t>(reader.u32());
    body.clock.estimated_error_us = reader.i64();
    body.clock.maximum_error_us = reader.i64();
    body.reasons = reader.u32();
    uint32_t zero = reader.u32();
    take_hash(reader, body.next_pk);
    Result<Cursors> cursors = decode_cursors(reader);
    ByteView ledger = reader.sized();
    if (!cursors || !reader.ok() || !reader.at_end() || zero != 0 ||
        ledger.size() > kLedgerBytesMax || body.durable_index > body.tree_size) {
        return fail(ErrorCode::kCorrupt, "a seal cannot be read");
    }
    body.cursors = std::move(*cursors);
    body.ledger = ledger;
    return body;
}

Bytes seal_signed_text(const SegmentHeader& header, ByteView head, ByteView body_without_trailer) {
    Bytes text(kSealLabel);
    text.append(header.log_id.data(), header.log_id.size());
    put_u64(text, header.generation);
    text.append(view(header.header_hash));
    text.append(head);
    text.append(body_without_trailer);
    return text;
}

bool seal_signature_valid(const SegmentHeader& header, const FrameView& frame,
                          const PublicKey& key) {
    if (frame.header.type != FrameType::kSeal || frame.trailer.size() != kSignatureBytes) {
        return false;
    }
    ByteView signed_body = frame.body.substr(0, frame.body.size() - kSignatureBytes);
    return verify_signature(key, seal_signed_text(header, frame.head, signed_body), frame.trailer);
}

}  // namespace llmtrail
