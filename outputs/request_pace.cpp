#include "outputs/request_pace.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

void RequestPace::wait_until(MonotonicNanos when) {
    health_ = OutputHealth::kBackingOff;
    retry_at_ = std::max(retry_at_, when);
}

void RequestPace::succeed(MonotonicNanos now) {
    if (waits(now)) {
        return;
    }
    health_ = OutputHealth::kUp;
    backoff_.reset();
}

void RequestPace::back_off(MonotonicNanos now, std::string problem, ErrorCode code,
                           int64_t retry_after_ms) {
    last_error_ = Error{code, std::move(problem), 0};
    int64_t wait_ms = waits(now) ? 0 : backoff_.next_ms();
    wait_until(now.after_millis(std::max(wait_ms, retry_after_ms)));
}

void RequestPace::hold(MonotonicNanos now, std::string problem) {
    uint32_t some = 0;
    (void)random_.fill(&some, sizeof some);
    last_error_ = Error{ErrorCode::kConfig, std::move(problem), 0};
    wait_until(now.after_millis(kHoldMs + some % kHoldMs));
}

void end_wait_at(OutputWait& wait, MonotonicNanos now, MonotonicNanos when) {
    int64_t left_ms = std::max<int64_t>(0, when.millis_since(now) + 1);
    wait.timer_ms = wait.timer_ms < 0 ? left_ms : std::min(wait.timer_ms, left_ms);
}

}  // namespace llmtrail
