#include "pipeline/deliver_thread.h"

#include <optional>
#include <utility>
#include <vector>

namespace llmtrail {

namespace {

constexpr int64_t kFarewellMs = 2000;  // at the end: for connections to end in order
constexpr int64_t kTotalsIntervalMs = 1000;
constexpr int64_t kStopPollMs = 10;  // while stopping: for the deadline, and for peers to answer

class DeliverThread {
 public:
    explicit DeliverThread(const DeliverThreadParts& parts) : parts_(parts) {}

    void run();

 private:
    int64_t tell_totals();
    void tell_status(bool moved);
    bool wait(int64_t totals_ms, bool stopping);
    void farewell();

    MonotonicNanos now() { return parts_.clock.monotonic_now(); }

    const DeliverThreadParts& parts_;
    std::vector<WaitEntry> entries_;
    std::vector<OutputTotals> told_totals_;
    MonotonicNanos totals_told_;
    MonotonicNanos status_told_;
};

// Tells ingest the totals when they changed, at most once a second. Returns how long until the next
// time; -1: all told.
int64_t DeliverThread::tell_totals() {
    int64_t left_ms = kTotalsIntervalMs - now().millis_since(totals_told_);
    std::vector<OutputTotals> totals = parts_.deliver.totals(parts_.flags.committed_records.load());
    if (totals == told_totals_) {
        return -1;
    }
    if (left_ms > 0) {
        return left_ms;
    }
    told_totals_ = totals;
    totals_told_ = now();
    parts_.mailbox.put_outputs(std::move(totals));
    return -1;
}

void DeliverThread::tell_status(bool moved) {
    if (!moved || now().millis_since(status_told_) >= kStatusIntervalMs) {
        parts_.status.put_outputs(parts_.deliver.status(parts_.flags.committed_records.load()));
        status_told_ = now();
    }
}

// False: waiting failed, which ends the run.
bool DeliverThread::wait(int64_t totals_ms, bool stopping) {
    parts_.pulse.begin_waiting();
    entries_.clear();
    entries_.push_back({parts_.flags.wake_deliver->descriptor(), StreamWants::kRead, false});
    int64_t timeout_ms = parts_.deliver.wait_entries(entries_);
    for (int64_t limit_ms : {totals_ms, stopping ? kStopPollMs : -1}) {
        timeout_ms =
            limit_ms >= 0 && (timeout_ms < 0 || timeout_ms > limit_ms) ? limit_ms : timeout_ms;
    }
    if (Result<int> waited = wait_for(entries_, timeout_ms); !waited) {
        parts_.log.error({"delivering stops: ", waited.error()});
        parts_.flags.fail();
        return false;
    }
    parts_.flags.wake_deliver->clear();
    return true;
}

void DeliverThread::farewell() {
    MonotonicNanos end = now().after_millis(kFarewellMs);
    while (!parts_.deliver.finish() && now() < end) {
        entries_.clear();
        parts_.deliver.wait_entries(entries_);
        if (!wait_for(entries_, kStopPollMs)) {
            break;
        }
        parts_.deliver.step();
    }
}

void DeliverThread::run() {
    for (;;) {
        parts_.pulse.begin_turn();
        if (std::optional<DeliverChange> change = parts_.changes.take()) {
            parts_.deliver.begin_change(std::move(*change));
        }
        bool moved = parts_.deliver.step();
        if (parts_.deliver.take_changed()) {
            parts_.changes.put_outcome({});
            parts_.flags.wake_main->wake();
        }
        int64_t totals_ms = tell_totals();
        tell_status(moved);
        bool stopping = parts_.flags.stop_deliver.load();
        if (stopping &&
            (parts_.deliver.drained() || now().value >= parts_.flags.deliver_deadline.load())) {
            break;
        }
        if (!moved && !wait(totals_ms, stopping)) {
            break;
        }
    }
    farewell();
    parts_.pulse.begin_waiting();
    parts_.flags.deliver_ended.store(true);
    parts_.flags.wake_main->wake();
}

}  // namespace

void run_deliver_thread(const DeliverThreadParts& parts) {
    DeliverThread(parts).run();
}

}  // namespace llmtrail
