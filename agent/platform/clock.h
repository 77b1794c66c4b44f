// The clock seam. Monotonic time is for every wait; wall-clock time is data, never a deadline.
// Passed by constructor to whoever needs it; tests pass tests/fakes/fake_clock.h. Any thread.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace llmtrail {

struct MonotonicNanos {
    int64_t value = 0;

    auto operator<=>(const MonotonicNanos&) const = default;

    MonotonicNanos after_millis(int64_t millis) const { return {value + millis * kNanosPerMilli}; }

    int64_t millis_since(MonotonicNanos earlier) const {
        return (value - earlier.value) / kNanosPerMilli;
    }
};

// adjtimex(2): what the kernel knows about how right the wall clock is. Goes into seals.
struct ClockState {
    int32_t status = 0;  // STA_* bits
    int32_t tai_offset_seconds = 0;
    int64_t estimated_error_us = 0;
    int64_t maximum_error_us = 0;
};

class Clock {
 public:
    virtual ~Clock() = default;
    virtual UnixNanos wall_now() = 0;
    virtual MonotonicNanos monotonic_now() = 0;
    virtual ClockState state() = 0;
};

}  // namespace llmtrail
