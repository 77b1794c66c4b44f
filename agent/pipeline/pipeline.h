// The wiring: settings and seams in, two workers and a shutdown that always runs to its end.
// Nothing else lives here.
//
//  source ──bytes──> tail ──document──> parser ──record──> seal ──frame──> SPOOL (the only queue)
//    ^                                                                      │ cursor per output
//    └── position moves only after the frame that carries it is synced    route ─> format ─> output
//    ─> SIEM
//                                                     cursor moves only after the receiver's
//                                                     confirmation
//
// Threads: the caller's (signals), ingest (everything left of the spool) and deliver (everything
// right of it). Shared: RecentBatches, Mailbox, a stop flag. Start-up and shutdown are the two
// lists of steps in pipeline.cpp.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "config/settings.h"
#include "log/log.h"
#include "pipeline/ledger.h"
#include "pipeline/reloads.h"
#include "pipeline/status_board.h"
#include "platform/clock.h"
#include "platform/file_system.h"
#include "platform/file_watch.h"
#include "platform/local_listener.h"
#include "platform/network.h"
#include "platform/pulse.h"
#include "platform/random.h"
#include "platform/wait.h"

namespace llmtrail {

// Of the two workers, for a watchdog.
struct WorkerPulses {
    Pulse ingest;
    Pulse deliver;

    bool look() {
        bool ingest_goes_on = ingest.look();
        return deliver.look() && ingest_goes_on;
    }
};

struct PipelineSeams {
    FileSystem& files;
    FileWatch& watch;
    Clock& clock;
    Random& random;
    Network& network;
    SignalSource& signals;
    Log& log;
    WorkerPulses& pulses;
    ReloadSeams reload = {};
    LocalListener* status = nullptr;  // answers `llmtrail status`; null: nobody can ask
};

inline constexpr int64_t kProgressIntervalMs = 2000;

struct RunOptions {
    bool once = false;              // read every source to its end, deliver, return
    int64_t deadline_ms = 300'000;  // of a run with `once`
    // Of a run with `once`: at its start and every kProgressIntervalMs. Main thread; empty: untold.
    std::function<void(const AgentStatus&)> progress = {};
};

struct RunReport {
    Ledger ledger;
    bool complete = false;  // everything there was read, delivered and confirmed
    bool failed = false;    // the spool could not be written: the log says why
};

// Runs until a stop signal (or, with `once`, until done or the deadline). Errors are those of
// starting up.
Result<RunReport> run_pipeline(const Settings& settings, const RunOptions& options,
                               PipelineSeams seams);

}  // namespace llmtrail
