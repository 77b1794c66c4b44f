// Outputs that a reload takes away or exchanges, on their way out: what was spooled for them is
// offered, what is in flight gets a while to be confirmed, the connection ends in order; then the
// successor, if there is one, goes on from the cursor. What was not confirmed by then is sent again
// by the successor, and says so. Deliver thread only.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/deliver_change.h"
#include "platform/clock.h"

namespace llmtrail {

inline constexpr int64_t kLastOffersMs = 3000;    // of an output that is up; else at once
inline constexpr int64_t kLastFarewellMs = 1000;  // then

class OutgoingLanes {
 public:
    using Lanes = std::vector<std::unique_ptr<Lane>>;

    bool busy() const { return change_.has_value(); }

    void begin(DeliverChange change, Lanes& lanes, MonotonicNanos now);

    // After each step of the lanes. True once: the change is done.
    bool go_on(Lanes& lanes, MonotonicNanos now);

    int64_t wait_ms(MonotonicNanos now) const;  // until go_on() must be called; -1: never

 private:
    bool is_touched(const Lane& lane) const;
    bool has_ended(Lane& lane, MonotonicNanos now) const;
    void put_in_order(Lanes& lanes) const;

    std::optional<DeliverChange> change_;
    MonotonicNanos offers_until_;
    MonotonicNanos farewell_until_;
};

}  // namespace llmtrail
