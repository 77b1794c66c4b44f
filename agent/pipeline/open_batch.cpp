#include "pipeline/open_batch.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

OpenBatch::OpenBatch(SpoolWriter& spool, RecentBatches& recent, Clock& clock, Log& log,
                     int64_t sync_interval_ms, CollectPositions collect_positions)
    : spool_(spool),
      recent_(recent),
      clock_(clock),
      log_(log),
      collect_positions_(std::move(collect_positions)),
      pacer_(sync_interval_ms) {}

void OpenBatch::note_records() {
    if (spool_.batch_records() > 0) {
        pacer_.record_added(clock_.monotonic_now());
    }
}

void OpenBatch::note_held_pieces() {
    if (!held_since_) {
        held_since_ = clock_.monotonic_now();
    }
}

bool OpenBatch::due(bool caught_up) {
    MonotonicNanos now = clock_.monotonic_now();
    return spool_.batch_full() || pacer_.due(now, caught_up) ||
           (held_since_ && now >= held_since_->after_millis(kHeldPositionMs));
}

bool OpenBatch::commit() {
    collect_positions_(positions_);
    uint32_t records = spool_.batch_records();
    if (records == 0 && positions_.empty()) {
        return true;
    }
    Result<std::shared_ptr<const Batch>> batch = spool_.commit(positions_.entries());
    pacer_.committed();
    take_told();  // stands before the batch
    if (!batch) {
        fail_commit(batch.error());
        return false;
    }
    if (full_) {
        log_.info({"the spool takes records again"});
        full_ = false;
    }
    positions_.clear();
    held_since_.reset();
    committed_records_ += records;
    ++commits_;
    if (*batch && !(*batch)->records.empty()) {
        recent_.push(std::move(*batch));
    }
    return true;
}

void OpenBatch::take_told() {
    for (std::shared_ptr<const Batch>& told : spool_.take_told()) {
        committed_records_ += told->records.size();
        recent_.push(std::move(told));
    }
}

// Nothing was taken: the batch stays open. Without space sources wait; any other error ends the
// run.
void OpenBatch::fail_commit(const Error& error) {
    bool waits = error_class(error.code) == ErrorClass::kWaitForSpace;
    if (waits && !full_) {
        log_.error({"the spool takes no more, sources wait: ", error});
    } else if (!waits && !failed_) {
        log_.error({"writing the spool: ", error});
    }
    failed_ = failed_ || !waits;
    full_ = true;
    full_since_ = clock_.monotonic_now();
}

void OpenBatch::retry() {
    if (full_ && clock_.monotonic_now() >= full_since_.after_millis(kFullRetryMs)) {
        commit();
    }
}

int64_t OpenBatch::wait_ms() const {
    MonotonicNanos now = clock_.monotonic_now();
    auto until = [&](MonotonicNanos at) {
        return std::max<int64_t>(0, (at.value - now.value) / kNanosPerMilli + 1);
    };
    if (full_) {
        return until(full_since_.after_millis(kFullRetryMs));
    }
    int64_t wait = pacer_.wait_ms(now);
    if (held_since_) {
        int64_t held = until(held_since_->after_millis(kHeldPositionMs));
        wait = wait < 0 ? held : std::min(wait, held);
    }
    return wait;
}

}  // namespace llmtrail
