#include "pipeline/seal_cadence.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

SealCadence::SealCadence(SpoolWriter& spool, Clock& clock, Log& log, int64_t heartbeat_interval_ms)
    : spool_(spool),
      clock_(clock),
      log_(log),
      heartbeat_interval_ms_(heartbeat_interval_ms),
      last_(clock.monotonic_now()),
      sealed_(last_) {}

std::optional<SealReason> SealCadence::due() const {
    MonotonicNanos now = clock_.monotonic_now();
    if (failing_ && now < retry_) {
        return std::nullopt;
    }
    if (spool_.seal_due(now)) {
        return SealReason::kInterval;
    }
    bool heartbeat = failing_ || now >= last_.after_millis(heartbeat_interval_ms_);
    return heartbeat ? std::optional(SealReason::kHeartbeat) : std::nullopt;
}

void SealCadence::seal(SealReason reason) {
    Result<void> sealed = spool_.seal(reason);
    last_ = clock_.monotonic_now();
    if (sealed) {
        sealed_ = last_;
        failing_ = false;
        return;
    }
    if (!std::exchange(failing_, true)) {
        log_.error({"sealing the spool: ", sealed.error()});
    }
    retry_ = last_.after_millis(kSealRetryMs);
    failed_ = failed_ || error_class(sealed.error().code) != ErrorClass::kWaitForSpace;
}

int64_t SealCadence::wait_ms(int64_t at_most_ms) const {
    MonotonicNanos now = clock_.monotonic_now();
    auto until = [&](MonotonicNanos at) {
        return std::max<int64_t>(0, (at.value - now.value) / kNanosPerMilli + 1);
    };
    if (failing_) {
        return std::min(at_most_ms, until(retry_));
    }
    int64_t low = 0;
    int64_t high = std::min(at_most_ms, until(last_.after_millis(heartbeat_interval_ms_)));
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (spool_.seal_due(now.after_millis(middle))) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return high;
}

}  // namespace llmtrail
