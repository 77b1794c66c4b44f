#include "spool/verify_control.h"

#include "crypto/digest.h"
#include "spool/control.h"
#include "spool/format.h"

namespace llmtrail {

namespace {

// As decode_position_entries(), entry by entry.
template <typename Take>
bool for_each_position(ByteReader& reader, uint64_t count, Take take) {
    constexpr uint64_t kBytesMax =
        kFramePositionsBytesMax + kCursorsMax * (kOutputIdBytesMax + 16) + kLedgerBytesMax + 64;
    if (!reader.ok() || count > kFramePositionsMax || count > reader.remaining() / 2 ||
        reader.remaining() > kBytesMax) {
        return false;
    }
    for (uint64_t i = 0; i < count; ++i) {
        ByteView key = reader.sized();
        ByteView value = reader.sized();
        if (!reader.ok() || key.size() > kPositionKeyBytesMax ||
            value.size() > kPositionValueBytesMax) {
            return false;
        }
        take(key, value);
    }
    return true;
}

}  // namespace

std::optional<ByteView> leaf_table_of(ByteView clear, uint32_t leaf_count) {
    ByteReader reader(clear);
    uint32_t count = reader.u32();
    ByteView table = reader.take(uint64_t{leaf_count} * kDigestBytes);
    bool read = for_each_position(reader, count, [](ByteView, ByteView) {});
    return read && reader.at_end() ? std::optional(table) : std::nullopt;
}

PositionsFault check_positions_body(ByteView clear, bool full) {
    ByteReader reader(clear);
    uint64_t count = reader.varint();
    bool ordered = true;
    bool first = true;
    ByteView before;
    bool read = for_each_position(reader, count, [&](ByteView key, ByteView value) {
        ordered = ordered && !value.empty() && (first || key > before);
        first = false;
        before = key;
    });
    if (!read || !decode_cursors(reader)) {
        return PositionsFault::kUnreadable;
    }
    ByteView ledger = reader.sized();
    if (!reader.ok() || !reader.at_end() || ledger.size() > kLedgerBytesMax) {
        return PositionsFault::kUnreadable;
    }
    return full && !ordered ? PositionsFault::kOrder : PositionsFault::kNone;
}

}  // namespace llmtrail
