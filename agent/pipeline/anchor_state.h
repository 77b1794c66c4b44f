// How much of the log somebody outside this host vouches for, and since when the rest is alone
// (docs/checkpoints.md, "Anchored, or only sent"). Ages run on the monotonic clock and are kept
// over restarts as wall-clock times. Pure; ingest thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "pipeline/ledger.h"
#include "platform/clock.h"

namespace llmtrail {

inline constexpr size_t kUnanchoredSealsMax = 1024;
inline constexpr int64_t kAnchorGraceMs = 60'000;

class AnchorState {
 public:
    // `may_anchor`: an output acknowledges, or a timestamp authority or witness is configured.
    // `interval_ms`: how often one of them gets a checkpoint.
    AnchorState(bool may_anchor, int64_t interval_ms)
        : may_anchor_(may_anchor), fresh_ms_(2 * interval_ms + kAnchorGraceMs) {}

    void adopt(bool may_anchor, int64_t interval_ms) {
        may_anchor_ = may_anchor;
        fresh_ms_ = 2 * interval_ms + kAnchorGraceMs;
    }

    // What the last run's ledger said.
    void resume(const AnchorTotals& totals, UnixNanos wall, MonotonicNanos now);

    // Leaves below `tree_size` are sealed now.
    void note_seal(uint64_t tree_size, MonotonicNanos now);

    void note_anchor(uint64_t tree_size, const std::string& holder, MonotonicNanos now);

    bool may_anchor() const { return may_anchor_; }

    // Of the oldest sealed leaf that no anchor covers; 0 when there is none.
    int64_t unanchored_ms(MonotonicNanos now) const;

    AnchorTotals totals(UnixNanos wall, MonotonicNanos now) const;

 private:
    struct Seal {
        uint64_t tree_size = 0;
        MonotonicNanos at;  // when its oldest leaf was sealed
    };

    bool may_anchor_;
    int64_t fresh_ms_;
    uint64_t sealed_size_ = 0;
    uint64_t anchored_size_ = 0;
    std::string holder_;
    std::optional<MonotonicNanos> anchored_at_;
    std::deque<Seal> unanchored_;  // by tree size
};

}  // namespace llmtrail
