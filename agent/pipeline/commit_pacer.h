// When to close a batch (docs/spool-format.md, "Cadence"): full at once; caught up at once while
// that costs little, which is below kImmediateSyncsPerSecond; else sync_interval after the first
// record. Pure; time is passed in.
#pragma once

#include <algorithm>
#include <cstdint>

#include "platform/clock.h"

namespace llmtrail {

inline constexpr int64_t kImmediateSyncsPerSecond = 40;
inline constexpr int64_t kImmediateSyncsAtOnce = 10;  // after a quiet time

class CommitPacer {
 public:
    explicit CommitPacer(int64_t sync_interval_ms) : sync_interval_ms_(sync_interval_ms) {}

    void set_sync_interval(int64_t sync_interval_ms) { sync_interval_ms_ = sync_interval_ms; }

    void record_added(MonotonicNanos now) {
        if (!waiting_) {
            waiting_ = true;
            first_record_ = now;
        }
    }

    bool due(MonotonicNanos now, bool caught_up) {
        if (!waiting_) {
            return false;
        }
        refill(now);
        return (caught_up && allowance_ >= 1.0) || now >= deadline();
    }

    // How long until due() for a batch that is waiting, caught up; -1: nothing waits.
    int64_t wait_ms(MonotonicNanos now) const {
        if (!waiting_) {
            return -1;
        }
        int64_t left = deadline().value - now.value;
        return std::min(left <= 0 ? 0 : (left + kNanosPerMilli - 1) / kNanosPerMilli, hold_ms(now));
    }

    // How long until a batch may be committed at once. Under a steady load it is more than 0 most
    // of the time: reading a record sooner would not commit it sooner, and waking for each one
    // costs more than reading it.
    int64_t hold_ms(MonotonicNanos now) const {
        double missing = 1.0 - allowance_at(now);
        return missing <= 0 ? 0
                            : static_cast<int64_t>(missing * 1000 / kImmediateSyncsPerSecond) + 1;
    }

    void committed() {
        waiting_ = false;
        allowance_ = std::max(0.0, allowance_ - 1.0);
    }

 private:
    MonotonicNanos deadline() const { return first_record_.after_millis(sync_interval_ms_); }

    double allowance_at(MonotonicNanos now) const {
        double seconds =
            static_cast<double>(now.value - refilled_.value) / static_cast<double>(kNanosPerSecond);
        return std::min(1.0 * kImmediateSyncsAtOnce,
                        allowance_ + seconds * kImmediateSyncsPerSecond);
    }

    void refill(MonotonicNanos now) {
        allowance_ = allowance_at(now);
        refilled_ = now;
    }

    int64_t sync_interval_ms_;
    bool waiting_ = false;
    MonotonicNanos first_record_;
    MonotonicNanos refilled_;
    double allowance_ = kImmediateSyncsAtOnce;
};

}  // namespace llmtrail
