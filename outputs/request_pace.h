// When an output that sends requests may begin the next one, and what it says of itself meanwhile:
// up; backing off, a random time that doubles; or held, slowly, until somebody changes a setting.
// Requests may be under way when one fails: what comes of those says nothing new, and neither ends
// the wait nor doubles it once more. Deliver thread.
#pragma once

#include <cstdint>
#include <string>

#include "outputs/backoff.h"
#include "outputs/output.h"
#include "platform/clock.h"
#include "platform/random.h"

namespace llmtrail {

inline constexpr int64_t kHoldMs = 30'000;  // at least, at most twice that

class RequestPace {
 public:
    explicit RequestPace(Random& random) : random_(random), backoff_(random) {}

    void succeed(MonotonicNanos now);
    void back_off(MonotonicNanos now, std::string problem, ErrorCode code,
                  int64_t retry_after_ms = -1);
    void hold(MonotonicNanos now, std::string problem);

    bool up() const { return health_ == OutputHealth::kUp; }

    OutputHealth health() const { return health_; }

    const Error& last_error() const { return last_error_; }

    MonotonicNanos retry_at() const { return retry_at_; }  // nothing begins earlier

 private:
    bool waits(MonotonicNanos now) const {
        return health_ == OutputHealth::kBackingOff && now < retry_at_;
    }

    void wait_until(MonotonicNanos when);

    Random& random_;
    Backoff backoff_;
    OutputHealth health_ = OutputHealth::kIdle;
    Error last_error_;
    MonotonicNanos retry_at_;
};

// Lets `wait` end at `when` at the latest.
void end_wait_at(OutputWait& wait, MonotonicNanos now, MonotonicNanos when);

}  // namespace llmtrail
