// A clock that stands until told to move. Wall and monotonic time move together unless the test
// steps the wall.
#pragma once

#include "platform/clock.h"

namespace llmtrail {

class FakeClock : public Clock {
 public:
    UnixNanos wall_now() override { return wall; }

    MonotonicNanos monotonic_now() override { return monotonic; }

    ClockState state() override { return kernel; }

    void advance_millis(int64_t millis) {
        wall.value += millis * kNanosPerMilli;
        monotonic.value += millis * kNanosPerMilli;
    }

    UnixNanos wall{1'767'225'600 * kNanosPerSecond};  // 2026-01-01T00:00:00Z
    MonotonicNanos monotonic{1'000 * kNanosPerSecond};
    ClockState kernel;
};

}  // namespace llmtrail
