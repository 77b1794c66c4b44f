#include "pipeline/lane_health.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

HealthNews LaneHealth::look(OutputHealth health, bool in_flight, uint64_t confirmed,
                            MonotonicNanos now) {
    bool moved = std::exchange(confirmed_, confirmed) != confirmed;
    bool was_up = std::exchange(up_, health == OutputHealth::kUp);
    bool was_idle = std::exchange(idle_, !in_flight);
    // An idle connection must stand for a time; with events in flight they must be confirmed in a
    // time.
    if (moved || !was_up || was_idle != idle_) {
        progress_ = now;
    }
    if (health == OutputHealth::kBackingOff && !reported_) {
        reported_ = true;
        return HealthNews::kDown;
    }
    if (!up_) {
        return HealthNews::kNone;
    }
    int64_t waited_ms = now.millis_since(progress_);
    if (!reported_ && in_flight && waited_ms >= kStalledMs) {
        reported_ = true;
        return HealthNews::kStalled;
    }
    if (reported_ && (moved || (idle_ && waited_ms >= kSteadyMs))) {
        reported_ = false;
        return HealthNews::kRecovered;
    }
    return HealthNews::kNone;
}

int64_t LaneHealth::wait_ms(MonotonicNanos now) const {
    bool may_recover = reported_ && idle_;
    bool may_stall = !reported_ && !idle_;
    if (!up_ || (!may_recover && !may_stall)) {
        return -1;
    }
    int64_t limit_ms = may_recover ? kSteadyMs : kStalledMs;
    return std::max<int64_t>(limit_ms - now.millis_since(progress_), 0) + 1;
}

}  // namespace llmtrail
