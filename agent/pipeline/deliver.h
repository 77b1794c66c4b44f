// The deliver worker: one loop over all outputs, a lane each, so that a dead output never stalls
// another. Driven by step(); pipeline.cpp runs it in its own thread and waits on wait_entries() in
// between.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "pipeline/lane.h"
#include "pipeline/mailbox.h"
#include "pipeline/outgoing_lanes.h"
#include "platform/clock.h"
#include "platform/wait.h"

namespace llmtrail {

class Deliver {
 public:
    Deliver(std::vector<std::unique_ptr<Lane>> lanes, Mailbox& mailbox, Clock& clock);

    // One turn of each lane. True: something moved, call again at once.
    bool step();

    // Other outputs, with the next steps; a change is over before the next begins.
    void begin_change(DeliverChange change);

    bool take_changed() { return std::exchange(changed_, false); }

    // What to wait for: appends one entry a lane that has a descriptor; returns the timeout in ms,
    // -1 for none.
    int64_t wait_entries(std::vector<WaitEntry>& entries) const;

    bool drained() const;
    bool acknowledges() const;  // some output's receiver says yes
    bool finish();              // ends connections in order; true when all have ended
    std::vector<OutputTotals> totals(uint64_t committed_records) const;
    std::vector<OutputStatus> status(uint64_t committed_records) const;
    Cursors cursors() const;

 private:
    std::vector<std::unique_ptr<Lane>> lanes_;
    OutgoingLanes outgoing_;
    bool changed_ = false;
    Mailbox& mailbox_;
    Clock& clock_;
};

}  // namespace llmtrail
