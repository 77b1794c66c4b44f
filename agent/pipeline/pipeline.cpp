#include "pipeline/pipeline.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "ops/service_notify.h"
#include "pipeline/agent_record.h"
#include "pipeline/deliver.h"
#include "pipeline/ingest.h"
#include "pipeline/lanes.h"

namespace llmtrail {

namespace {

constexpr int64_t kDrainMs = 5000;     // at shutdown: for events that are already spooled
constexpr int64_t kFarewellMs = 2000;  // then: for connections to end in order
constexpr int64_t kTotalsIntervalMs = 1000;
constexpr int64_t kOncePollMs = 10;

SpoolOptions spool_options(const Settings& settings) {
    return SpoolOptions{
        .directory = settings.spool.directory,
        .key_directory = settings.state_directory + "/keys",
        .max_size_bytes = settings.spool.max_size_bytes,
        .min_free_bytes = settings.spool.min_free_bytes,
        .segment_bytes_max = settings.spool.segment_bytes_max,
        .segment_age_max_ms = settings.spool.segment_age_max_ms,
        .seal_interval_ms = settings.spool.seal_interval_ms,
        .compression_level = settings.spool.compression_level,
    };
}

// What the threads share beside RecentBatches and Mailbox.
struct Shared {
    std::unique_ptr<Waker> wake_ingest;
    std::unique_ptr<Waker> wake_deliver;
    std::unique_ptr<Waker> wake_main;
    std::atomic<bool> stop_ingest{false};
    std::atomic<bool> caught_up{false};
    std::atomic<bool> failed{false};
    std::atomic<uint64_t> committed_records{0};
    std::atomic<bool> stop_deliver{false};
    std::atomic<int64_t> deliver_deadline{
        INT64_MAX};  // monotonic ns; read once stop_deliver is set
    std::atomic<bool> deliver_ended{false};
};

class Pipeline {
 public:
    Pipeline(const Settings& settings, const RunOptions& options, PipelineSeams seams)
        : settings_(settings),
          options_(options),
          seams_(seams),
          mailbox_([this] { shared_.wake_ingest->wake(); }) {}

    Result<void> start();
    void abandon();  // after a start that failed
    RunReport run();

 private:
    void announce_start();
    void ingest_loop();
    void deliver_loop();
    void farewell();
    int64_t tell_totals();
    bool may_wait(Result<int> waited);
    bool asked_to_stop();
    bool wait_for_stop(MonotonicNanos deadline);
    void wait_for_drain();
    void set_deliver_deadline(MonotonicNanos deadline);

    MonotonicNanos now() { return seams_.clock.monotonic_now(); }

    const Settings& settings_;
    RunOptions options_;
    PipelineSeams seams_;
    Shared shared_;
    Mailbox mailbox_;
    RecentBatches recent_;
    std::unique_ptr<SpoolWriter> spool_;
    std::unique_ptr<SpoolReader> reader_;
    std::unique_ptr<Ingest> ingest_;
    std::unique_ptr<Deliver> deliver_;
    std::vector<OutputTotals> told_totals_;
    MonotonicNanos totals_told_;
};

Result<void> make_wakers(Shared& shared) {
    for (std::unique_ptr<Waker>* waker :
         {&shared.wake_ingest, &shared.wake_deliver, &shared.wake_main}) {
        Result<std::unique_ptr<Waker>> made = make_waker();
        if (!made) {
            return fail(std::move(made.error()));
        }
        *waker = std::move(*made);
    }
    return {};
}

Result<void> Pipeline::start() {
    if (Result<void> made = make_wakers(shared_); !made) {
        return made;
    }
    SpoolOptions options = spool_options(settings_);
    SpoolSeams spool_seams{seams_.files, seams_.clock, seams_.random};
    Result<std::unique_ptr<SpoolWriter>> spool = SpoolWriter::open(options, spool_seams);
    if (!spool) {
        return fail(std::move(spool.error()));
    }
    spool_ = std::move(*spool);
    Result<std::unique_ptr<SpoolReader>> reader = SpoolReader::open(options, spool_seams);
    if (!reader) {
        return fail(std::move(reader.error()).with_context("opening the spool for reading"));
    }
    reader_ = std::move(*reader);
    recent_.set_durable_end(spool_->next_index());

    auto lanes = make_lanes(settings_, spool_->recovered(), recent_, *reader_, mailbox_,
                            LaneSeams{seams_.network, seams_.files, seams_.random, seams_.log});
    if (!lanes) {
        return fail(std::move(lanes.error()));
    }
    deliver_ = std::make_unique<Deliver>(std::move(*lanes), mailbox_, seams_.clock);

    // An output's start is durable before its first record: else a crash would start it later,
    // behind records.
    spool_->note_cursors(deliver_->cursors());
    if (Result<void> sealed = spool_->seal(SealReason::kForced); !sealed) {
        return fail(std::move(sealed.error()).with_context("sealing the spool's start"));
    }
    auto ingest = Ingest::make(settings_, *spool_, recent_, mailbox_,
                               IngestSeams{seams_.files, seams_.watch, seams_.clock, seams_.log});
    if (!ingest) {
        return fail(std::move(ingest.error()));
    }
    ingest_ = std::move(*ingest);
    announce_start();
    return {};
}

void Pipeline::announce_start() {
    const RecoveredSpool& recovered = spool_->recovered();
    std::string generation = "generation " + std::to_string(recovered.generation);
    if (!recovered.clean) {
        ingest_->announce({kClassAgentUncleanStop, "agent",
                           "the previous run did not stop in order; torn bytes kept: " +
                               std::to_string(recovered.torn_bytes),
                           1});
        seams_.log.warn({"the previous run did not stop in order; torn bytes kept in the spool: ",
                         recovered.torn_bytes});
    }
    ingest_->announce(
        {kClassAgentStart, "agent", "started, version " LLMTRAIL_VERSION ", " + generation, 1});
    seams_.log.info({"started, version ", LLMTRAIL_VERSION, ", generation ", recovered.generation,
                     ", sources ", settings_.sources.size(), ", outputs ",
                     settings_.outputs.size()});
}

void Pipeline::ingest_loop() {
    bool news = false;
    while (!shared_.stop_ingest.load()) {
        uint64_t before = recent_.durable_end();
        bool more = ingest_->step(news);
        news = false;
        shared_.committed_records.store(ingest_->committed_records());
        if (recent_.durable_end() != before) {
            shared_.wake_deliver->wake();
        }
        if (ingest_->caught_up() && !shared_.caught_up.exchange(true) && options_.once) {
            shared_.wake_main->wake();
        }
        if (ingest_->failed() && !shared_.failed.exchange(true)) {
            shared_.wake_main->wake();
        }
        if (!more) {
            int64_t hold_ms = ingest_->hold_ms();
            int64_t wait_ms = ingest_->wait_ms();
            WaitEntry entries[] = {
                {hold_ms > 0 ? -1 : seams_.watch.descriptor(), StreamWants::kRead, false},
                {shared_.wake_ingest->descriptor(), StreamWants::kRead, false}};
            if (!may_wait(wait_for(entries, hold_ms > 0 ? std::min(hold_ms, wait_ms) : wait_ms))) {
                break;
            }
            news = entries[0].ready;
            shared_.wake_ingest->clear();
        }
    }
    ingest_->announce({kClassAgentStop, "agent", "stopping in order", 1});
    ingest_->finish();
    shared_.committed_records.store(ingest_->committed_records());
    shared_.wake_deliver->wake();
}

// False: waiting failed, which ends the run.
bool Pipeline::may_wait(Result<int> waited) {
    if (waited) {
        return true;
    }
    seams_.log.error({"a worker stops: ", waited.error()});
    shared_.failed.store(true);
    shared_.wake_main->wake();
    return false;
}

// Tells ingest the totals when they changed, at most once a second. Returns how long until the next
// time; -1: all told.
int64_t Pipeline::tell_totals() {
    int64_t left_ms = kTotalsIntervalMs - now().millis_since(totals_told_);
    std::vector<OutputTotals> totals = deliver_->totals(shared_.committed_records.load());
    if (totals == told_totals_) {
        return -1;
    }
    if (left_ms > 0) {
        return left_ms;
    }
    told_totals_ = totals;
    totals_told_ = now();
    mailbox_.put_outputs(std::move(totals));
    return -1;
}

void Pipeline::deliver_loop() {
    std::vector<WaitEntry> entries;
    for (;;) {
        bool moved = deliver_->step();
        int64_t totals_ms = tell_totals();
        bool stopping = shared_.stop_deliver.load();
        if (stopping) {
            if (deliver_->drained() || now().value >= shared_.deliver_deadline.load()) {
                break;
            }
        }
        if (!moved) {
            entries.clear();
            entries.push_back({shared_.wake_deliver->descriptor(), StreamWants::kRead, false});
            int64_t timeout_ms = deliver_->wait_entries(entries);
            for (int64_t limit_ms : {totals_ms, stopping ? kOncePollMs : -1}) {
                timeout_ms = limit_ms >= 0 && (timeout_ms < 0 || timeout_ms > limit_ms)
                                 ? limit_ms
                                 : timeout_ms;
            }
            if (!may_wait(wait_for(entries, timeout_ms))) {
                break;
            }
            shared_.wake_deliver->clear();
        }
    }
    farewell();
    shared_.deliver_ended.store(true);
    shared_.wake_main->wake();
}

void Pipeline::farewell() {
    std::vector<WaitEntry> entries;
    MonotonicNanos end = now().after_millis(kFarewellMs);
    while (!deliver_->finish() && now() < end) {
        entries.clear();
        deliver_->wait_entries(entries);
        if (!wait_for(entries, kOncePollMs)) {
            break;
        }
        deliver_->step();
    }
}

bool Pipeline::asked_to_stop() {
    while (std::optional<ProcessSignal> signal = seams_.signals.take()) {
        if (*signal == ProcessSignal::kStop) {
            seams_.log.info({"asked to stop"});
            return true;
        }
        seams_.log.warn({"reload is not in this version: the configuration was not read again"});
    }
    return false;
}

// Returns on a stop signal (true), a failure, with `once` when everything is read, and at the
// deadline.
bool Pipeline::wait_for_stop(MonotonicNanos deadline) {
    while (!shared_.failed.load() && !(options_.once && shared_.caught_up.load())) {
        WaitEntry entries[] = {{seams_.signals.descriptor(), StreamWants::kRead, false},
                               {shared_.wake_main->descriptor(), StreamWants::kRead, false}};
        int64_t timeout_ms =
            options_.once ? std::max<int64_t>(0, deadline.millis_since(now())) : -1;
        if (!wait_for(entries, timeout_ms) || (options_.once && now() >= deadline)) {
            return false;
        }
        shared_.wake_main->clear();
        if (asked_to_stop()) {
            return true;
        }
    }
    return false;
}

// With `once` delivering may take until the deadline; a stop signal shortens that too.
void Pipeline::wait_for_drain() {
    while (!shared_.deliver_ended.load() && !shared_.failed.load()) {
        WaitEntry entries[] = {{seams_.signals.descriptor(), StreamWants::kRead, false},
                               {shared_.wake_main->descriptor(), StreamWants::kRead, false}};
        if (!wait_for(entries, -1)) {
            break;
        }
        shared_.wake_main->clear();
        if (asked_to_stop()) {
            break;
        }
    }
    set_deliver_deadline(now().after_millis(kDrainMs));
}

void Pipeline::set_deliver_deadline(MonotonicNanos deadline) {
    shared_.deliver_deadline.store(std::min(shared_.deliver_deadline.load(), deadline.value));
    shared_.wake_deliver->wake();
}

RunReport Pipeline::run() {
    MonotonicNanos deadline = now().after_millis(options_.deadline_ms);
    std::thread ingest([this] { ingest_loop(); });
    std::thread deliver([this] { deliver_loop(); });
    notify_service_manager("READY=1");

    bool asked = wait_for_stop(deadline);
    notify_service_manager("STOPPING=1");
    bool all_read = shared_.caught_up.load();

    shared_.stop_ingest.store(true);
    shared_.wake_ingest->wake();
    ingest.join();
    bool patient = options_.once && !asked;
    set_deliver_deadline(patient ? deadline : now().after_millis(kDrainMs));
    shared_.stop_deliver.store(true);
    shared_.wake_deliver->wake();
    if (patient) {
        wait_for_drain();
    }
    deliver.join();

    RunReport report;
    report.ledger = Ledger{ingest_->totals(), deliver_->totals(ingest_->committed_records())};
    spool_->note_cursors(deliver_->cursors());
    spool_->note_ledger(encode_ledger(report.ledger));
    if (Result<void> closed = spool_->close(); !closed) {
        seams_.log.error({"closing the spool: ", closed.error()});
        shared_.failed.store(true);
    }
    report.failed = shared_.failed.load();
    // Saying farewell may have brought confirmations.
    report.complete =
        all_read && !report.failed && deliver_->drained() && report.ledger.everything_confirmed();
    seams_.log.info({"stopped"});
    return report;
}

// So that the next start does not find a run that ended out of order.
void Pipeline::abandon() {
    if (spool_) {
        if (Result<void> closed = spool_->close(); !closed) {
            seams_.log.error({"closing the spool: ", closed.error()});
        }
    }
}

}  // namespace

Result<RunReport> run_pipeline(const Settings& settings, const RunOptions& options,
                               PipelineSeams seams) {
    Pipeline pipeline(settings, options, seams);
    if (Result<void> started = pipeline.start(); !started) {
        pipeline.abandon();
        return fail(std::move(started.error()));
    }
    return pipeline.run();
}

}  // namespace llmtrail
