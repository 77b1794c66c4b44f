// ANCHOR frames: somebody outside this host holds a checkpoint: body bytes <-> struct. Used by
// writer, recovery, verifier and status. Pure, any thread. Decoding takes hostile bytes: kCorrupt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/digest.h"

namespace llmtrail {

inline constexpr size_t kAnchorReceiptBytesMax = size_t{64} << 10;

enum class AnchorHolderKind : uint8_t {
    kOutput = 1,     // a receiver that acknowledged the checkpoint's event; receipt: its event id
    kWitness = 2,    // receipt: the note with the witness's cosignature
    kTimestamp = 3,  // a timestamp authority; receipt: its token, DER
};

std::string_view anchor_holder_kind_name(AnchorHolderKind kind);  // output witness timestamp

struct AnchorBody {
    AnchorHolderKind kind = AnchorHolderKind::kOutput;
    std::string holder;  // id in the configuration
    uint64_t tree_size = 0;
    Digest root{};
    Bytes receipt;

    bool operator==(const AnchorBody&) const = default;
};

Bytes encode_anchor(const AnchorBody& body);
Result<AnchorBody> decode_anchor(ByteView clear);

}  // namespace llmtrail
