// Events that a receiver will never take, until the pipeline has told them; at most
// kRefusedEventsMax wait. Deliver thread.
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "outputs/output.h"

namespace llmtrail {

inline constexpr size_t kRefusedEventsMax = 256;
inline constexpr size_t kRefusedInARowMax = 16;

class RefusedEvents {
 public:
    void tell(uint64_t index, const std::string& reason) {
        if (events_.size() < kRefusedEventsMax) {
            events_.push_back({index, reason});
        }
        ++in_a_row_;
    }

    void note_accepted() { in_a_row_ = 0; }

    // One after the other was refused and none taken: it is not the events that are wrong.
    bool too_many_in_a_row() const { return in_a_row_ >= kRefusedInARowMax; }

    // No more may be told before some are taken.
    bool full() const { return events_.size() >= kRefusedEventsMax; }

    // False: none is left.
    bool take(RefusedEvent& refused) {
        if (events_.empty()) {
            return false;
        }
        refused = std::move(events_.front());
        events_.pop_front();
        return true;
    }

 private:
    std::deque<RefusedEvent> events_;
    size_t in_a_row_ = 0;
};

}  // namespace llmtrail
