// Pieces written in one line, a table that takes them, and what comes out of it.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "join/join_table.h"

namespace llmtrail {

inline MonotonicNanos at_ms(int64_t ms) {
    return MonotonicNanos{ms * kNanosPerMilli};
}

using Fill = std::function<void(AuditRecord&)>;

class JoinCase {
 public:
    explicit JoinCase(JoinLimits limits = {}) : table(limits) {}

    // Returns true when the piece was a record by itself, which goes to `records`.
    bool add(const JoinPiece& piece, const Fill& fill, int64_t ms = 0) {
        AuditRecord record;
        record.set_text(Field::kEventKind, "inference");
        record.set_text(Field::kDocumentId, "document-" + std::to_string(next_));
        record.set_text(Field::kRecordState, piece.last ? "complete" : "partial");
        fill(record);
        bool whole =
            table.add(record, piece, {next_++, 1, 0}, at_ms(ms)) == JoinTable::Added::kWhole;
        if (whole) {
            records.push_back(record);
        }
        take();
        return whole;
    }

    bool add_text(const JoinPiece& piece, std::string_view purpose, int64_t ms = 0) {
        return add(
            piece, [&](AuditRecord& r) { r.set_text(Field::kPurpose, purpose); }, ms);
    }

    void take() {
        while (table.ready()) {
            AuditRecord record;
            table.take(record, places.emplace_back());
            records.push_back(record);
        }
    }

    void expire(int64_t ms) {
        table.expire(at_ms(ms));
        take();
    }

    void expire_all() {
        table.expire_all();
        take();
    }

    std::string_view state(size_t record) const {
        return records.at(record).text(Field::kRecordState);
    }

    int64_t parts(size_t record) const {
        return records.at(record).integer(Field::kRecordParts).value_or(-1);
    }

    JoinTable table;
    std::vector<AuditRecord> records;
    std::vector<std::vector<PiecePlace>> places;

 private:
    uint64_t next_ = 0;
};

}  // namespace llmtrail
