// The spool's open batch on its way to the disk: when it is committed, the positions that go into
// its frame, and what happens while the spool takes no more. Ingest appends the records. Ingest
// thread only. What no retry heals is logged once and stays in failed().
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "log/log.h"
#include "pipeline/commit_pacer.h"
#include "pipeline/recent_batches.h"
#include "pipeline/uncommitted_positions.h"
#include "platform/clock.h"
#include "spool/spool.h"

namespace llmtrail {

inline constexpr int64_t kHeldPositionMs = 1000;  // positions of pieces that wait
inline constexpr int64_t kFullRetryMs = 1000;     // when the spool is full

class OpenBatch {
 public:
    // Notes the positions that changed since the last call.
    using CollectPositions = std::function<void(UncommittedPositions&)>;

    OpenBatch(SpoolWriter& spool, RecentBatches& recent, Clock& clock, Log& log,
              int64_t sync_interval_ms, CollectPositions collect_positions);

    void set_sync_interval(int64_t sync_interval_ms) { pacer_.set_sync_interval(sync_interval_ms); }

    // Whatever way records came into the batch, a commit is due.
    void note_records();

    // Pieces are held whose positions are not committed.
    void note_held_pieces();

    bool due(bool caught_up);

    // True when the batch and the positions read so far are durable.
    bool commit();

    // Commits when the spool took no more a while ago.
    void retry();

    // Hands on what the spool said of itself, in batches of its own: after each commit and seal.
    void take_told();

    // The spool took no more: sources are not read.
    bool full() const { return full_; }

    bool failed() const { return failed_; }

    uint64_t committed_records() const { return committed_records_; }

    uint64_t commits() const { return commits_; }  // of this batch and those before it

    int64_t hold_ms() const { return pacer_.hold_ms(clock_.monotonic_now()); }

    // Until due() or retry(); -1: nothing waits.
    int64_t wait_ms() const;

 private:
    void fail_commit(const Error& error);

    SpoolWriter& spool_;
    RecentBatches& recent_;
    Clock& clock_;
    Log& log_;
    CollectPositions collect_positions_;
    CommitPacer pacer_;
    UncommittedPositions positions_;
    MonotonicNanos full_since_;
    std::optional<MonotonicNanos> held_since_;
    bool full_ = false;
    bool failed_ = false;
    uint64_t committed_records_ = 0;
    uint64_t commits_ = 0;
};

}  // namespace llmtrail
