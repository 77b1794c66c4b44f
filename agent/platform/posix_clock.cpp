#include <sys/timex.h>

#include <ctime>

#include "platform/posix.h"

namespace llmtrail {

namespace {

int64_t nanos_of(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return int64_t{now.tv_sec} * kNanosPerSecond + now.tv_nsec;
}

class PosixClock : public Clock {
 public:
    UnixNanos wall_now() override { return {nanos_of(CLOCK_REALTIME)}; }

    MonotonicNanos monotonic_now() override { return {nanos_of(CLOCK_MONOTONIC)}; }

    ClockState state() override {
        timex kernel{};
        int clock_state = adjtimex(&kernel);
        if (clock_state < 0) {
            return {STA_UNSYNC, 0, 0, 0};  // a sandbox that forbids asking: claim nothing
        }
        return {kernel.status, kernel.tai, kernel.esterror, kernel.maxerror};
    }
};

}  // namespace

std::unique_ptr<Clock> make_posix_clock() {
    return std::make_unique<PosixClock>();
}

}  // namespace llmtrail
