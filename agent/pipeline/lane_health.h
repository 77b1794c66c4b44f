// When the state of an output is worth an agent record and a log line: once when it goes down, once
// when it is up but confirms nothing while events are in flight, once when it is back. Back means
// that something was confirmed, or that an idle connection stood for a while: a receiver that
// accepts and then refuses is not back each time. Pure; deliver thread, once a step of its lane.
#pragma once

#include <cstdint>

#include "outputs/output.h"
#include "platform/clock.h"

namespace llmtrail {

inline constexpr int64_t kStalledMs = 60'000;  // up, events in flight, none confirmed
inline constexpr int64_t kSteadyMs = 2'000;    // up and idle for so long: recovered

enum class HealthNews : uint8_t { kNone, kDown, kStalled, kRecovered };

class LaneHealth {
 public:
    // `confirmed`: a count that grows with each confirmation.
    HealthNews look(OutputHealth health, bool in_flight, uint64_t confirmed, MonotonicNanos now);

    int64_t wait_ms(MonotonicNanos now) const;  // until look() may have news by itself; -1: never

 private:
    bool reported_ = false;
    bool up_ = false;
    bool idle_ = true;
    uint64_t confirmed_ = 0;
    MonotonicNanos progress_;  // since when nothing was confirmed, or nothing was in flight
};

}  // namespace llmtrail
