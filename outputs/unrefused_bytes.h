// Of a connection of messages that nobody acknowledges: which bytes were written so long ago that a
// refusal of them would have come by now. The host of a receiver that does not listen says so, if
// it says it at all, a way there and back later, and no more often than once a second. Pure,
// deliver thread.
#pragma once

#include <cstdint>
#include <deque>

#include "platform/clock.h"

namespace llmtrail {

inline constexpr int64_t kRefusalMs = 2'000;

class UnrefusedBytes {
 public:
    // `written`: on this connection so far. How many of them were written kRefusalMs ago.
    uint64_t look(uint64_t written, MonotonicNanos now);

    void clear();  // another connection

 private:
    struct Mark {
        uint64_t written = 0;
        MonotonicNanos at;
    };

    std::deque<Mark> marks_;  // younger than kRefusalMs, kMarkMs apart
    uint64_t unrefused_ = 0;
};

}  // namespace llmtrail
