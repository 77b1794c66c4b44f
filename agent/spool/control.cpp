#include "spool/control.h"

#include <algorithm>

namespace llmtrail {
namespace {

constexpr size_t kAgentVersionBytesMax = 256;

tl::unexpected<Error> corrupt(const char* what) {
    return fail(ErrorCode::kCorrupt, std::string(what) + " cannot be read");
}

void take_digest(ByteReader& reader, Digest& out) {
    ByteView bytes = reader.take(out.size());
    if (bytes.size() == out.size()) {
        std::copy(bytes.begin(), bytes.end(), out.begin());
    }
}

}  // namespace

void put_position_entries(Bytes& out, const std::vector<PositionEntry>& entries) {
    for (const PositionEntry& entry : entries) {
        put_sized(out, entry.key);
        put_sized(out, entry.value);
    }
}

Result<std::vector<PositionEntry>> decode_position_entries(ByteReader& reader, uint64_t count) {
    // Two length bytes are the least an entry takes.
    if (count > kFramePositionsMax || count > reader.remaining() / 2 ||
        reader.remaining() > kFramePositionsBytesMax + kCursorsMax * (kOutputIdBytesMax + 16) +
                                 kLedgerBytesMax + 64) {
        return corrupt("positions");
    }
    std::vector<PositionEntry> entries;
    entries.reserve(static_cast<size_t>(count));
    for (uint64_t i = 0; i < count; ++i) {
        ByteView key = reader.sized();
        ByteView value = reader.sized();
        if (!reader.ok() || key.size() > kPositionKeyBytesMax ||
            value.size() > kPositionValueBytesMax) {
            return corrupt("positions");
        }
        entries.push_back({Bytes(key), Bytes(value)});
    }
    return entries;
}

void put_cursors(Bytes& out, const Cursors& cursors) {
    put_varint(out, cursors.size());
    for (const auto& [id, end] : cursors) {
        put_sized(out, id);
        put_u64(out, end);
    }
}

Result<Cursors> decode_cursors(ByteReader& reader) {
    uint64_t count = reader.varint();
    if (!reader.ok() || count > kCursorsMax) {
        return corrupt("cursors");
    }
    Cursors cursors;
    for (uint64_t i = 0; i < count; ++i) {
        ByteView id = reader.sized();
        uint64_t end = reader.u64();
        if (!reader.ok() || id.empty() || id.size() > kOutputIdBytesMax) {
            return corrupt("cursors");
        }
        cursors.emplace_back(std::string(id), end);
    }
    return cursors;
}

Bytes encode_positions(const PositionsBody& body) {
    Bytes out;
    put_varint(out, body.entries.size());
    put_position_entries(out, body.entries);
    put_cursors(out, body.cursors);
    put_sized(out, body.ledger);
    return out;
}

Result<PositionsBody> decode_positions(ByteView clear) {
    ByteReader reader(clear);
    uint64_t count = reader.varint();
    Result<std::vector<PositionEntry>> entries = decode_position_entries(reader, count);
    if (!reader.ok() || !entries) {
        return corrupt("positions");
    }
    Result<Cursors> cursors = decode_cursors(reader);
    ByteView ledger = reader.sized();
    if (!cursors || !reader.ok() || !reader.at_end() || ledger.size() > kLedgerBytesMax) {
        return corrupt("positions");
    }
    return PositionsBody{std::move(*entries), std::move(*cursors), Bytes(ledger)};
}

Bytes encode_genesis(const GenesisBody& body) {
    Bytes out;
    put_u32(out, body.flags);
    put_u64(out, body.previous_generation);
    put_u64(out, body.previous_segment_no);
    put_sized(out, body.agent_version);
    return out;
}

Result<GenesisBody> decode_genesis(ByteView clear) {
    ByteReader reader(clear);
    GenesisBody body;
    body.flags = reader.u32();
    body.previous_generation = reader.u64();
    body.previous_segment_no = reader.u64();
    ByteView version = reader.sized();
    if (!reader.ok() || !reader.at_end() || version.size() > kAgentVersionBytesMax) {
        return corrupt("a generation's start");
    }
    body.agent_version = version;
    return body;
}

Bytes encode_recovery(const RecoveryBody& body) {
    Bytes out;
    put_u32(out, static_cast<uint32_t>(body.reason));
    put_integer(out, body.os_error);
    put_u64(out, body.segment_no);
    put_u64(out, body.end_offset);
    put_u64(out, body.file_bytes);
    out.append(view(body.tail_hash));
    put_u64(out, body.end_index);
    out.append(view(body.end_chain));
    return out;
}

Result<RecoveryBody> decode_recovery(ByteView clear) {
    ByteReader reader(clear);
    RecoveryBody body;
    uint32_t reason = reader.u32();
    body.os_error = static_cast<int32_t>(reader.u32());
    body.segment_no = reader.u64();
    body.end_offset = reader.u64();
    body.file_bytes = reader.u64();
    take_digest(reader, body.tail_hash);
    body.end_index = reader.u64();
    take_digest(reader, body.end_chain);
    if (!reader.ok() || !reader.at_end() || reason < 1 || reason > 5) {
        return corrupt("a recovery");
    }
    body.reason = static_cast<RecoveryReason>(reason);
    return body;
}

Result<BatchBody> decode_batch_body(ByteView clear, uint32_t leaf_count) {
    ByteReader reader(clear);
    uint32_t count = reader.u32();
    ByteView table = reader.take(uint64_t{leaf_count} * kDigestBytes);
    if (!reader.ok()) {
        return corrupt("a batch");
    }
    Result<std::vector<PositionEntry>> positions = decode_position_entries(reader, count);
    if (!positions || !reader.at_end()) {
        return corrupt("a batch");
    }
    BatchBody body;
    body.leaves.resize(leaf_count);
    std::memcpy(body.leaves.data(), table.data(), table.size());
    body.positions = std::move(*positions);
    return body;
}

}  // namespace llmtrail
