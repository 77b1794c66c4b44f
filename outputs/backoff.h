// How long an output waits before it tries again: exponential with full jitter, so that many agents
// do not knock at a returning receiver together. Deliver thread; without randomness it waits the
// whole step.
#pragma once

#include <cstdint>

#include "platform/random.h"

namespace llmtrail {

inline constexpr int64_t kBackoffFirstMs = 200;
inline constexpr int64_t kBackoffMsMax = 30'000;
inline constexpr int64_t kBackoffFloorMs = 20;  // never a busy loop

class Backoff {
 public:
    explicit Backoff(Random& random) : random_(random) {}

    int64_t next_ms();

    void reset() { step_ms_ = kBackoffFirstMs; }

 private:
    Random& random_;
    int64_t step_ms_ = kBackoffFirstMs;
};

}  // namespace llmtrail
