#include "join/join_table.h"

#include "base/check.h"
#include "join/record_merge.h"

namespace llmtrail {

namespace {

constexpr std::string_view kComplete = "complete";
constexpr std::string_view kPartial = "partial";
constexpr std::string_view kAmended = "amended";

}  // namespace

JoinTable::Added JoinTable::add(AuditRecord& record, const JoinPiece& piece,
                                const PiecePlace& place, MonotonicNanos now) {
    if (piece.key.empty() || piece.key.size() > kJoinKeyBytesMax) {
        record.set_integer(Field::kRecordParts, 1);
        return Added::kWhole;
    }
    auto found = by_key_.find(piece.key);
    if (found == by_key_.end() && piece.last) {
        mark_single(record, gone_.find(piece.key));
        gone_.add(piece.key, record.text(Field::kDocumentId));
        return Added::kWhole;
    }
    auto group = found != by_key_.end() ? found->second : begin_group(record, piece.key, now);
    group->whole = group->whole || piece.last || record.text(Field::kRecordState) == kComplete;
    HeldPiece held = hold_piece(record);
    held.rank = piece.rank;
    held.order = piece.order;
    held.chunk = piece.chunk;
    held.place = place;
    uint64_t bytes = held.bytes.size() + kPieceOverheadBytes;
    group->pieces.push_back(std::move(held));
    group->bytes += bytes;
    held_bytes_ += bytes;
    if (piece.last || group->bytes > limits_.bytes_max) {
        finish(group);
    }
    while (held_bytes_ > limits_.bytes_max) {
        finish(held_.begin());
    }
    return Added::kHeld;
}

JoinTable::Groups::iterator JoinTable::begin_group(const AuditRecord& record, std::string_view key,
                                                   MonotonicNanos now) {
    const std::string* amended_id = gone_.find(key);
    Group& group = held_.emplace_back();
    group.key = key;
    group.amends = amended_id != nullptr;
    group.document_id = group.amends ? *amended_id : std::string(record.text(Field::kDocumentId));
    group.first = now;
    group.bytes = kGroupOverheadBytes + 2 * key.size();
    held_bytes_ += group.bytes;
    auto place = std::prev(held_.end());
    by_key_.emplace(place->key, place);
    return place;
}

// A record of one piece that never waits.
void JoinTable::mark_single(AuditRecord& record, const std::string* amended_id) {
    record.set_integer(Field::kRecordParts, 1);
    record.set_text(Field::kRecordState, amended_id != nullptr ? kAmended : kComplete);
    if (amended_id != nullptr) {
        record.set_text(Field::kDocumentId, *amended_id);
    }
}

void JoinTable::finish(Groups::iterator group) {
    held_bytes_ -= group->bytes;
    by_key_.erase(group->key);
    gone_.add(group->key, group->document_id);
    ready_.splice(ready_.end(), held_, group);
}

void JoinTable::expire(MonotonicNanos now) {
    while (!held_.empty() && now >= held_.front().first.after_millis(limits_.age_max_ms)) {
        finish(held_.begin());
    }
}

void JoinTable::expire_all() {
    while (!held_.empty()) {
        finish(held_.begin());
    }
}

void JoinTable::hold_ready(AuditRecord& record, const PiecePlace& place) {
    Group& group = ready_.emplace_back();
    group.finished = true;
    group.pieces.push_back(hold_piece(record));
    group.pieces.back().place = place;
}

void JoinTable::settle(const Group& group, AuditRecord& record) {
    record.set_integer(Field::kRecordParts, static_cast<int64_t>(group.pieces.size()));
    std::string_view settled = group.whole ? kComplete : kPartial;
    record.set_text(Field::kRecordState, group.amends ? kAmended : settled);
    if (group.amends) {
        record.set_text(Field::kDocumentId, group.document_id);
    }
}

void JoinTable::take(AuditRecord& record, std::vector<PiecePlace>& places) {
    LLMTRAIL_CHECK(!ready_.empty());
    Group& group = ready_.front();
    merge_pieces(group.pieces, record);
    if (!group.finished) {
        settle(group, record);
    }
    places.clear();
    for (const HeldPiece& piece : group.pieces) {
        places.push_back(piece.place);
    }
    ready_.pop_front();
}

std::optional<MonotonicNanos> JoinTable::next_expiry() const {
    return held_.empty() ? std::nullopt
                         : std::optional(held_.front().first.after_millis(limits_.age_max_ms));
}

}  // namespace llmtrail
