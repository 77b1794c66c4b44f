#include "pipeline/ledger.h"

#include <algorithm>

namespace llmtrail {

static constexpr uint8_t kLedgerVersion = 4;
static constexpr uint8_t kLedgerVersionLeast = 3;  // anchors can be read from here on

bool Ledger::balances() const {
    return std::all_of(sources.begin(), sources.end(),
                       [](const SourceTotals& s) { return s.balances(); }) &&
           std::all_of(outputs.begin(), outputs.end(),
                       [](const OutputTotals& o) { return o.balances(); });
}

bool Ledger::everything_confirmed() const {
    return std::all_of(outputs.begin(), outputs.end(), [](const OutputTotals& o) {
        return o.pending == 0 && o.dead_lettered == 0 && o.unreadable == 0 && o.dropped == 0;
    });
}

bool Ledger::everything_readable() const {
    return std::all_of(sources.begin(), sources.end(),
                       [](const SourceTotals& s) { return s.unreadable_files == 0; });
}

static void put_count(std::string& out, const char* name, uint64_t count) {
    out += ' ';
    out += name;
    out += '=';
    out += std::to_string(count);
}

std::string describe(const Ledger& ledger) {
    std::string out;
    for (const SourceTotals& source : ledger.sources) {
        out += "source " + source.id + ":";
        put_count(out, "read", source.read_bytes);
        put_count(out, "in_records", source.record_bytes);
        put_count(out, "rejected", source.rejected_bytes);
        put_count(out, "skipped", source.skipped_bytes);
        put_count(out, "lost", source.lost_bytes);
        out += " bytes;";
        put_count(out, "documents", source.documents);
        put_count(out, "records", source.records);
        put_count(out, "rejected_documents", source.rejected);
        put_count(out, "unreadable_files", source.unreadable_files);
        out += source.balances() ? "; balances\n" : "; DOES NOT BALANCE\n";
    }
    for (const OutputTotals& output : ledger.outputs) {
        out += "output " + output.id + ":";
        put_count(out, "backlog", output.backlog);
        put_count(out, "spooled", output.spooled);
        put_count(out, output.confirmation.c_str(), output.confirmed);
        put_count(out, "pending", output.pending);
        put_count(out, "dead_lettered", output.dead_lettered);
        put_count(out, "not_routed", output.not_routed);
        put_count(out, "aggregated", output.aggregated);
        put_count(out, "unreadable", output.unreadable);
        put_count(out, "dropped", output.dropped);
        put_count(out, "resent", output.resent);
        out += output.balances() ? " records; balances\n" : " records; DOES NOT BALANCE\n";
    }
    if (!ledger.anchors.state.empty()) {
        out += "anchors: " + ledger.anchors.state;
        put_count(out, "sealed", ledger.anchors.sealed_size);
        put_count(out, "anchored", ledger.anchors.anchored_size);
        put_count(out, "unanchored_seconds",
                  static_cast<uint64_t>(ledger.anchors.unanchored_seconds()));
        out += '\n';
    }
    return out;
}

AnchorTotals decode_anchor_totals(ByteView ledger) {
    ByteReader reader(ledger);
    uint8_t version = reader.u8();
    if (version < kLedgerVersionLeast || version > kLedgerVersion) {
        return {};
    }
    AnchorTotals totals;
    totals.state = reader.sized();
    totals.holder = reader.sized();
    totals.anchored_size = reader.varint();
    totals.sealed_size = reader.varint();
    totals.unanchored_ms = static_cast<int64_t>(reader.varint() & INT64_MAX);
    totals.unanchored_since_ns = reader.i64();
    return reader.ok() ? totals : AnchorTotals{};
}

Bytes encode_ledger(const Ledger& ledger) {
    Bytes out;
    put_u8(out, kLedgerVersion);
    put_sized(out, ledger.anchors.state);
    put_sized(out, ledger.anchors.holder);
    put_varint(out, ledger.anchors.anchored_size);
    put_varint(out, ledger.anchors.sealed_size);
    put_varint(out, static_cast<uint64_t>(ledger.anchors.unanchored_ms));
    put_i64(out, ledger.anchors.unanchored_since_ns);
    put_varint(out, ledger.sources.size());
    for (const SourceTotals& source : ledger.sources) {
        put_sized(out, source.id);
        for (uint64_t count : {source.read_bytes, source.record_bytes, source.rejected_bytes,
                               source.skipped_bytes, source.lost_bytes, source.documents,
                               source.records, source.rejected, source.unreadable_files}) {
            put_varint(out, count);
        }
    }
    put_varint(out, ledger.outputs.size());
    for (const OutputTotals& output : ledger.outputs) {
        put_sized(out, output.id);
        put_sized(out, output.confirmation);
        for (uint64_t count : {output.backlog, output.spooled, output.confirmed, output.pending,
                               output.dead_lettered, output.not_routed, output.aggregated,
                               output.unreadable, output.dropped, output.resent}) {
            put_varint(out, count);
        }
    }
    return out;
}

}  // namespace llmtrail
