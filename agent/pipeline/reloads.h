// Reloads, one at a time, as transactions: read and check the files, make and try all that the new
// settings need, and only then hand the workers what is theirs. Until the last of that has
// succeeded nothing of the old is touched. Whoever asked gets the verdict when the record of it is
// durable and the outputs are exchanged. Main thread; it never blocks on a worker.
//
//   idle ──request──> load, compare, try ──order──> ingest ──outcome──> deliver ──outcome──> idle
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "pipeline/deliver_change.h"
#include "pipeline/ingest_change.h"
#include "pipeline/lanes.h"
#include "pipeline/metrics_file.h"
#include "pipeline/reload_parts.h"
#include "pipeline/reload_verdict.h"
#include "pipeline/status_board.h"
#include "pipeline/thread_flags.h"
#include "platform/local_listener.h"

namespace llmtrail {

// Where settings come from, and who may ask for others.
struct ReloadSeams {
    std::function<LoadedSettings()> load;  // the files as they are now; empty: there is no reload
    Bytes digest;                          // of the files that this run began with
    LocalListener* requests = nullptr;     // connecting to it asks; null: only SIGHUP does
    uint32_t own_user = 0;                 // may ask, as root may
};

class Reloads {
 public:
    struct Parts {
        ReloadSeams seams;
        LaneSeams lanes;
        Clock& clock;
        IngestHandover& ingest;
        DeliverHandover& deliver;
        ThreadFlags& flags;
        StatusBoard& status;
        MetricsFile& metrics;
        std::function<void(std::string_view state)> tell_service_manager;
        decltype(DeliverChange::make_lane) make_lane;
    };

    // `settings` outlives this; `outputs` as they are at the start.
    Reloads(Parts parts, const Settings& settings, const std::vector<OutputTotals>& outputs);

    // To wait for; -1: nobody can ask now.
    int descriptor() const;

    void ask_by_signal() { signalled_ = true; }  // signals while one is handled are one

    // Requests and outcomes, as far as there are some.
    void go_on();

 private:
    enum class Stage : uint8_t { kIdle, kIngest, kDeliver };

    bool begin_next();
    void begin(std::string asked_by);
    void read_and_try();
    void refuse(ReloadOutcome outcome, std::vector<std::string> errors);
    void order_ingest();
    void order_deliver(const IngestChanged& changed);
    void finish();

    Parts parts_;
    const Settings* settings_;                // in force
    std::shared_ptr<const Settings> loaded_;  // keeps them, unless they are the first
    std::map<std::string, bool> acknowledges_;
    ConfigurationStatus configuration_;
    bool signalled_ = false;

    // Of the one that is handled.
    Stage stage_ = Stage::kIdle;
    std::unique_ptr<LocalCaller> caller_;
    ReloadVerdict verdict_;
    std::shared_ptr<const Settings> next_;
    SettingsChange change_;
    ReloadParts made_;
};

}  // namespace llmtrail
