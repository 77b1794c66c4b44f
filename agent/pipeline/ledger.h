// What came in and what went out, so that the two sides balance (docs/contract.md, "Ledger").
// Ingest owns the source side and deliver the output side; both are read together only after the
// threads have stopped or by value through the mailbox. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace llmtrail {

struct SourceTotals {
    std::string id;
    uint64_t read_bytes = 0;
    uint64_t record_bytes = 0;    // of documents that gave records
    uint64_t rejected_bytes = 0;  // of documents that were rejected
    uint64_t skipped_bytes = 0;   // separators, byte order marks
    uint64_t lost_bytes = 0;      // known to have been written and gone before they were read
    uint64_t documents = 0;
    uint64_t records = 0;
    uint64_t rejected = 0;
    uint64_t unreadable_files = 0;  // there now, and not read: permission, I/O, too many

    bool balances() const { return read_bytes == record_bytes + rejected_bytes + skipped_bytes; }
};

struct OutputTotals {
    std::string id;
    std::string confirmation;  // acknowledged, sent or synced
    uint64_t backlog = 0;      // records that were in the spool for it when the agent started
    uint64_t spooled = 0;      // records spooled since
    uint64_t confirmed = 0;
    uint64_t pending = 0;
    uint64_t dead_lettered = 0;  // refused for good: an agent record of class 604 says so of each
    uint64_t not_routed = 0;
    uint64_t aggregated = 0;  // sealed repeats that one later event counts
    uint64_t unreadable =
        0;                 // records that could not be opened or decoded: an agent record says so
    uint64_t dropped = 0;  // removed from the spool before this output had them
    uint64_t resent = 0;   // events sent again after an unclean close

    bool operator==(const OutputTotals&) const = default;

    bool balances() const {
        return backlog + spooled ==
               confirmed + pending + dead_lettered + not_routed + aggregated + unreadable + dropped;
    }
};

// How far the log is vouched for outside this host (docs/checkpoints.md).
// No output of this configuration, and no other way out, can acknowledge a checkpoint.
inline constexpr const char* kSentNotAnchored = "sent, not anchored";

struct AnchorTotals {
    std::string state;                // anchored; not anchored; kSentNotAnchored
    std::string holder;               // of the largest anchor
    uint64_t anchored_size = 0;       // leaves under it
    uint64_t sealed_size = 0;         // leaves under the last seal
    int64_t unanchored_ms = 0;        // age of the oldest sealed leaf that no anchor covers
    int64_t unanchored_since_ns = 0;  // wall clock; 0: none

    int64_t unanchored_seconds() const { return (unanchored_ms + 999) / 1000; }
};

struct Ledger {
    std::vector<SourceTotals> sources;
    std::vector<OutputTotals> outputs;
    AnchorTotals anchors;

    bool balances() const;
    bool everything_readable() const;   // no source has a file that cannot be read
    bool everything_confirmed() const;  // nothing pending at any output
};

// One line a source and an output, for `run --once`.
std::string describe(const Ledger& ledger);

// Totals for the spool's SEAL and POSITIONS frames: version byte 4, the anchors (sized state and
// holder, varint anchored_size, sealed_size and unanchored_ms, i64 unanchored_since_ns), then
// sources and outputs as varint counts and sized strings.
Bytes encode_ledger(const Ledger& ledger);

// The anchors of an encoded ledger, of version 3 too: it has other output counts behind them. What
// cannot be read says nothing.
AnchorTotals decode_anchor_totals(ByteView ledger);

}  // namespace llmtrail
