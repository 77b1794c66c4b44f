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

constexpr int64_t kDrainMs = 5000;        // at shutdown: for events that are already spooled
constexpr int64_t kFarewellMs = 2000;     // then: for connections to end in order
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
    std::atomic<int64_t> deliver_deadline{0};  // monotonic ns; read once stop_deliver is set
    std::atomic<bool> drained{false};
};

class Pipeline {
 public:
    Pipeline(const Settings& settings, const RunOptions& options, PipelineSeams seams)
        : settings_(settings),
          options_(options),
          seams_(seams),
          mailbox_([this] { shared_.wake_ingest->wake(); }) {}

    Result<void> start();
    RunReport run();

 private:
    void announce_start();
    void ingest_loop();
    void deliver_loop();
    void wait_for_stop(MonotonicNanos deadline);
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
};

Result<void> make_wakers(Shared& shared) {
    for (std::unique_ptr<Waker>* waker : {&shared.wake_ingest, &shared.wake_deliver, &shared.wake_main}) {
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

    // An output's start is durable before its first record: else a crash would start it later, behind records.
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
                           "the previous run did not stop in order; torn bytes kept: " + std::to_string(recovered.torn_bytes), 1});
        seams_.log.warn({"the previous run did not stop in order; torn bytes kept in the spool: ", recovered.torn_bytes});
    }
    ingest_->announce({kClassAgentStart, "agent", "started, version " LLMTRAIL_VERSION ", " + generation, 1});
    seams_.log.info({"started, version ", LLMTRAIL_VERSION, ", generation ", recovered.generation, ", sources ",
                     settings_.sources.size(), ", outputs ", settings_.outputs.size()});
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
            WaitEntry entries[] = {{seams_.watch.descriptor(), StreamWants::kRead, false},
                                   {shared_.wake_ingest->descriptor(), StreamWants::kRead, false}};
            if (!wait_for(entries, ingest_->wait_ms())) {
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

void Pipeline::deliver_loop() {
    std::vector<WaitEntry> entries;
    MonotonicNanos totals_told = now();
    for (;;) {
        bool moved = deliver_->step();
        if (shared_.stop_deliver.load()) {
            shared_.drained.store(deliver_->drained());
            if (shared_.drained.load() || now().value >= shared_.deliver_deadline.load()) {
                break;
            }
        }
        if (now() >= totals_told.after_millis(kTotalsIntervalMs)) {
            mailbox_.put_outputs(deliver_->totals(shared_.committed_records.load()));
            totals_told = now();
        }
        if (!moved) {
            entries.clear();
            entries.push_back({shared_.wake_deliver->descriptor(), StreamWants::kRead, false});
            int64_t timeout_ms = deliver_->wait_entries(entries);
            bool stopping = shared_.stop_deliver.load();
            timeout_ms = stopping && (timeout_ms < 0 || timeout_ms > kOncePollMs) ? kOncePollMs : timeout_ms;
            if (!wait_for(entries, timeout_ms)) {
                break;
            }
            shared_.wake_deliver->clear();
        }
    }
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

// Returns on a stop signal, a failure, with `once` when everything is read, and at the deadline.
void Pipeline::wait_for_stop(MonotonicNanos deadline) {
    while (!shared_.failed.load() && !(options_.once && shared_.caught_up.load())) {
        WaitEntry entries[] = {{seams_.signals.descriptor(), StreamWants::kRead, false},
                               {shared_.wake_main->descriptor(), StreamWants::kRead, false}};
        int64_t timeout_ms = options_.once ? std::max<int64_t>(0, deadline.millis_since(now())) : -1;
        if (!wait_for(entries, timeout_ms) || (options_.once && now() >= deadline)) {
            return;
        }
        shared_.wake_main->clear();
        while (std::optional<ProcessSignal> signal = seams_.signals.take()) {
            if (*signal == ProcessSignal::kStop) {
                seams_.log.info({"asked to stop"});
                return;
            }
            seams_.log.warn({"reload is not in this version: the configuration was not read again"});
        }
    }
}

RunReport Pipeline::run() {
    MonotonicNanos deadline = now().after_millis(options_.deadline_ms);
    std::thread ingest([this] { ingest_loop(); });
    std::thread deliver([this] { deliver_loop(); });
    notify_service_manager("READY=1");

    wait_for_stop(deadline);
    notify_service_manager("STOPPING=1");
    bool all_read = shared_.caught_up.load();

    shared_.stop_ingest.store(true);
    shared_.wake_ingest->wake();
    ingest.join();
    MonotonicNanos drain_end = options_.once ? deadline : now().after_millis(kDrainMs);
    shared_.deliver_deadline.store(drain_end.value);
    shared_.stop_deliver.store(true);
    shared_.wake_deliver->wake();
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
    report.complete = all_read && !report.failed && shared_.drained.load() && report.ledger.everything_confirmed();
    seams_.log.info({"stopped"});
    return report;
}

}  // namespace

Result<RunReport> run_pipeline(const Settings& settings, const RunOptions& options, PipelineSeams seams) {
    Pipeline pipeline(settings, options, seams);
    if (Result<void> started = pipeline.start(); !started) {
        return fail(std::move(started.error()));
    }
    return pipeline.run();
}

}  // namespace llmtrail
