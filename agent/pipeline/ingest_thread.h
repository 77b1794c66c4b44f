// The ingest thread: steps Ingest and waits in between until it is told to stop, then makes the
// last records durable. Tells the status board before it waits, and now and then while it does not.
// A wait that fails is logged and ends the run.
#pragma once

#include "log/log.h"
#include "pipeline/ingest.h"
#include "pipeline/recent_batches.h"
#include "pipeline/status_board.h"
#include "pipeline/thread_flags.h"
#include "platform/clock.h"
#include "platform/file_watch.h"
#include "platform/pulse.h"

namespace llmtrail {

struct IngestThreadParts {
    Ingest& ingest;
    RecentBatches& recent;
    FileWatch& watch;
    Clock& clock;
    Log& log;
    StatusBoard& status;
    Pulse& pulse;
    ThreadFlags& flags;
    IngestHandover& changes;      // of a reload
    bool tell_caught_up = false;  // wakes the main thread once everything is read
};

void run_ingest_thread(const IngestThreadParts& parts);

}  // namespace llmtrail
