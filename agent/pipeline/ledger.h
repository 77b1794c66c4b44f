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

    bool balances() const { return read_bytes == record_bytes + rejected_bytes + skipped_bytes; }
};

struct OutputTotals {
    std::string id;
    std::string confirmation;  // acknowledged, sent or synced
    uint64_t backlog = 0;      // records that were in the spool for it when the agent started
    uint64_t spooled = 0;      // records spooled since
    uint64_t confirmed = 0;
    uint64_t pending = 0;
    uint64_t not_routed = 0;
    uint64_t unreadable =
        0;                // records that could not be opened or decoded: an agent record says so
    uint64_t resent = 0;  // events sent again after an unclean close

    bool operator==(const OutputTotals&) const = default;

    bool balances() const {
        return backlog + spooled == confirmed + pending + not_routed + unreadable;
    }
};

struct Ledger {
    std::vector<SourceTotals> sources;
    std::vector<OutputTotals> outputs;

    bool balances() const;
    bool everything_confirmed() const;  // nothing pending at any output
};

// One line a source and an output, for `run --once`.
std::string describe(const Ledger& ledger);

// Totals for the spool's SEAL and POSITIONS frames: varint counts and sized strings, version byte
// first.
Bytes encode_ledger(const Ledger& ledger);

}  // namespace llmtrail
