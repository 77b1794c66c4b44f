// Pieces of records that wait for the rest: brought together by key, bounded in bytes and age
// (docs/joining.md). Pure: time is passed in. Used by the intake of one source (ingest thread) and
// by `parse` (main thread). Nothing can fail.
//
//   add() ──> kWhole: the record is done, pass it on
//         └─> kHeld ──> last piece, age, bytes ──> ready() ──> take()
//
// A record that is ready stays held until the caller takes it, so that a full spool loses nothing.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "join/gone_keys.h"
#include "join/held_piece.h"
#include "platform/clock.h"

namespace llmtrail {

inline constexpr uint64_t kJoinBytesMaxDefault = uint64_t{16} << 20;  // sources[].join.max_bytes
inline constexpr int64_t kJoinAgeMaxMsDefault = 60'000;               // sources[].join.max_age
inline constexpr size_t kJoinKeyBytesMax = 1024;
inline constexpr size_t kPieceOverheadBytes = 320;  // what a held piece takes beside its bytes
inline constexpr size_t kGroupOverheadBytes = 384;  // and a record being joined beside its key

struct JoinLimits {
    uint64_t bytes_max = kJoinBytesMaxDefault;
    int64_t age_max_ms = kJoinAgeMaxMsDefault;

    bool joins() const { return bytes_max > 0 && age_max_ms > 0; }
};

// RecordPiece of parsers/parser.h, which this folder does not see.
struct JoinPiece {
    std::string_view key;
    uint32_t rank = 0;
    uint32_t order = 0;
    bool last = false;
    bool chunk = false;
};

class JoinTable {
 public:
    enum class Added : uint8_t {
        kWhole,  // nothing of it waits and nothing more is expected: `record` is finished
        kHeld,
    };

    explicit JoinTable(const JoinLimits& limits) : limits_(limits) {}

    // `record` has its state as its parser says: `complete` can stand alone. It may be changed.
    Added add(AuditRecord& record, const JoinPiece& piece, const PiecePlace& place,
              MonotonicNanos now);

    // `record` is finished, and ready as it stands: for a caller that cannot pass it on just now.
    void hold_ready(AuditRecord& record, const PiecePlace& place);

    void expire(MonotonicNanos now);  // what is older than the limit becomes ready
    void expire_all();

    // Age alone makes nothing ready: expire() does.
    bool ready() const { return !ready_.empty(); }

    // The record that became ready first; its pieces' places go to `places`.
    void take(AuditRecord& record, std::vector<PiecePlace>& places);

    std::optional<MonotonicNanos> next_expiry() const;

    uint64_t held_bytes() const { return held_bytes_; }  // without those that are ready

    size_t held_records() const { return held_.size(); }

    size_t remembered_keys() const { return gone_.size(); }

 private:
    struct Group {
        std::string key;
        std::string document_id;  // of the first piece, or of the record that is amended
        std::vector<HeldPiece> pieces;
        MonotonicNanos first;
        uint64_t bytes = 0;
        bool whole = false;  // a piece said `last`, or can stand alone
        bool amends = false;
        bool finished = false;  // its one piece is the record
    };

    using Groups = std::list<Group>;

    Groups::iterator begin_group(const AuditRecord& record, std::string_view key,
                                 MonotonicNanos now);
    void finish(Groups::iterator group);
    static void mark_single(AuditRecord& record, const std::string* amended_id);
    static void settle(const Group& group, AuditRecord& record);

    JoinLimits limits_;
    Groups held_;  // oldest first
    Groups ready_;
    std::map<std::string_view, Groups::iterator> by_key_;  // of held_
    GoneKeys gone_;
    uint64_t held_bytes_ = 0;
};

}  // namespace llmtrail
