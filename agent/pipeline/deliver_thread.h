// The deliver thread: steps Deliver and waits in between until it is told to stop; then goes on
// until everything spooled is delivered or the deadline of ThreadFlags is over, and ends
// connections in order. Tells ingest the totals, and the status board. A wait that fails is logged
// and ends the run.
#pragma once

#include "log/log.h"
#include "pipeline/deliver.h"
#include "pipeline/mailbox.h"
#include "pipeline/status_board.h"
#include "pipeline/thread_flags.h"
#include "platform/clock.h"
#include "platform/pulse.h"

namespace llmtrail {

struct DeliverThreadParts {
    Deliver& deliver;
    Mailbox& mailbox;
    Clock& clock;
    Log& log;
    StatusBoard& status;
    Pulse& pulse;
    ThreadFlags& flags;
    DeliverHandover& changes;  // of a reload
};

void run_deliver_thread(const DeliverThreadParts& parts);

}  // namespace llmtrail
