#include "outputs/backoff.h"

#include <algorithm>

namespace llmtrail {

int64_t Backoff::next_ms() {
    uint64_t number = 0;
    int64_t wait = step_ms_;
    if (random_.fill(&number, sizeof number)) {
        wait = static_cast<int64_t>(number % (static_cast<uint64_t>(step_ms_) + 1));
    }
    step_ms_ = std::min(step_ms_ * 2, kBackoffMsMax);
    return std::max(wait, kBackoffFloorMs);
}

}  // namespace llmtrail
