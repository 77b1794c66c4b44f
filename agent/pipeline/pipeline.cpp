#include "pipeline/pipeline.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/agent_record.h"
#include "pipeline/anchor_thread.h"
#include "pipeline/deliver_thread.h"
#include "pipeline/ingest_thread.h"
#include "pipeline/lanes.h"
#include "pipeline/metrics_file.h"
#include "pipeline/spool_options.h"
#include "pipeline/spool_words.h"
#include "pipeline/thread_flags.h"
#include "platform/service_manager.h"

namespace llmtrail {

namespace {

constexpr int64_t kDrainMs = 5000;       // at shutdown: for events that are already spooled
constexpr int64_t kLastAnchorMs = 1000;  // then: for authority and witness to answer

class Pipeline {
 public:
    Pipeline(const Settings& settings, const RunOptions& options, PipelineSeams seams)
        : settings_(settings),
          options_(options),
          seams_(seams),
          metrics_(settings, seams.files, seams.clock, seams.log),
          mailbox_([this] { flags_.wake_ingest->wake(); }) {}

    Result<void> start();
    void abandon();  // after a start that failed
    RunReport run();

 private:
    AnchorPlan anchor_plan();
    void make_reloads();
    void announce_start();
    void tell_service_manager(std::string_view state);
    bool asked_to_stop();
    void answer_status();
    int64_t tell_progress(int64_t timeout_ms);
    bool wait_for_stop(MonotonicNanos deadline);
    void wait_for_drain();

    MonotonicNanos now() { return seams_.clock.monotonic_now(); }

    const Settings& settings_;
    RunOptions options_;
    PipelineSeams seams_;
    MetricsFile metrics_;
    ThreadFlags flags_;
    Mailbox mailbox_;
    StatusBoard status_;
    MonotonicNanos progress_due_;  // at once
    RecentBatches recent_;
    std::unique_ptr<SpoolWriter> spool_;
    std::unique_ptr<SpoolReader> reader_;
    std::unique_ptr<Ingest> ingest_;
    std::unique_ptr<Deliver> deliver_;
    std::unique_ptr<AnchorWorker> anchors_;  // null: none configured
    IngestHandover ingest_changes_;
    DeliverHandover deliver_changes_;
    std::unique_ptr<Reloads> reloads_;
};

Result<void> Pipeline::start() {
    if (Result<void> made = flags_.make_wakers(); !made) {
        return made;
    }
    SpoolOptions options = spool_options(settings_);
    SpoolSeams spool_seams{seams_.files, seams_.clock, seams_.random};
    Result<std::unique_ptr<SpoolWriter>> spool = SpoolWriter::open(options, spool_seams);
    if (!spool) {
        return fail(std::move(spool.error()));
    }
    spool_ = std::move(*spool);
    spool_->narrate(spool_narrator(seams_.clock));
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
    auto anchors = start_anchor_thread(settings_, mailbox_,
                                       {seams_.files, seams_.clock, seams_.random, seams_.log});
    if (!anchors) {
        return fail(std::move(anchors.error()));
    }
    anchors_ = std::move(*anchors);
    IngestSeams ingest_seams{seams_.files, seams_.watch, seams_.clock, seams_.log};
    ingest_seams.anchors = anchor_plan();
    auto ingest = Ingest::make(settings_, *spool_, recent_, mailbox_, std::move(ingest_seams));
    if (!ingest) {
        return fail(std::move(ingest.error()));
    }
    ingest_ = std::move(*ingest);
    status_.put_start(spool_->recovered().generation, seams_.clock.wall_now(),
                      settings_.spool.directory);
    status_.put_spool_limits({settings_.spool.max_size_bytes, settings_.spool.min_free_bytes});
    status_.put_intake(ingest_->status());
    status_.put_outputs(deliver_->status(ingest_->committed_records()));
    make_reloads();
    announce_start();
    return {};
}

void Pipeline::make_reloads() {
    auto make_lane = [this](LaneParts parts, uint64_t start_index, uint64_t first_new_index) {
        return std::make_unique<Lane>(std::move(parts), start_index, first_new_index, recent_,
                                      *reader_, mailbox_, seams_.log);
    };
    reloads_ = std::make_unique<Reloads>(
        Reloads::Parts{seams_.reload,
                       {seams_.network, seams_.files, seams_.random, seams_.log},
                       seams_.clock,
                       ingest_changes_,
                       deliver_changes_,
                       flags_,
                       status_,
                       metrics_,
                       [this](std::string_view state) { tell_service_manager(state); },
                       make_lane},
        settings_, deliver_->totals(0));
}

AnchorPlan Pipeline::anchor_plan() {
    AnchorPlan plan;
    plan.may_anchor = anchors_ || deliver_->acknowledges();
    plan.holder_interval_ms = deliver_->acknowledges() ? 0 : anchor_interval_ms(settings_);
    if (anchors_) {
        plan.submit = [this](const Checkpoint& checkpoint) {
            anchors_->submit({checkpoint.body, checkpoint.note});
        };
    }
    return plan;
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

bool Pipeline::asked_to_stop() {
    while (std::optional<ProcessSignal> signal = seams_.signals.take()) {
        if (*signal == ProcessSignal::kStop) {
            seams_.log.info({"asked to stop"});
            return true;
        }
        reloads_->ask_by_signal();
    }
    return false;
}

void Pipeline::answer_status() {
    std::optional<SpoolUsage> usage;
    if (Result<SpoolUsage> read = spool_usage(settings_.spool.directory, seams_.files)) {
        usage = *read;
    }
    seams_.status->answer(status_json(status_.read(), usage, seams_.clock.wall_now()));
}

// How long to wait for the rest, at most `timeout_ms` (-1: any time).
int64_t Pipeline::tell_progress(int64_t timeout_ms) {
    if (!options_.once || !options_.progress) {
        return timeout_ms;
    }
    if (now() >= progress_due_) {
        options_.progress(status_.read());
        progress_due_ = now().after_millis(kProgressIntervalMs);
    }
    int64_t left_ms = std::max<int64_t>(1, progress_due_.millis_since(now()));
    return timeout_ms < 0 ? left_ms : std::min(timeout_ms, left_ms);
}

// Returns on a stop signal (true), a failure, with `once` when everything is read, and at the
// deadline.
bool Pipeline::wait_for_stop(MonotonicNanos deadline) {
    while (!flags_.failed.load() && !(options_.once && flags_.caught_up.load())) {
        metrics_.write_when_due(status_);
        WaitEntry entries[] = {
            {seams_.signals.descriptor(), StreamWants::kRead, false},
            {flags_.wake_main->descriptor(), StreamWants::kRead, false},
            {seams_.status ? seams_.status->descriptor() : -1, StreamWants::kRead, false},
            {options_.once ? -1 : reloads_->descriptor(), StreamWants::kRead, false}};
        int64_t timeout_ms =
            options_.once ? std::max<int64_t>(0, deadline.millis_since(now())) : -1;
        if (!wait_for(entries, tell_progress(metrics_.wait_ms(timeout_ms))) ||
            (options_.once && now() >= deadline)) {
            return false;
        }
        flags_.wake_main->clear();
        if (entries[2].ready) {
            answer_status();
        }
        if (asked_to_stop()) {
            return true;
        }
        if (!options_.once) {
            reloads_->go_on();
        }
    }
    return false;
}

// With `once` delivering may take until the deadline; a stop signal shortens that too.
void Pipeline::wait_for_drain() {
    while (!flags_.deliver_ended.load() && !flags_.failed.load()) {
        WaitEntry entries[] = {{seams_.signals.descriptor(), StreamWants::kRead, false},
                               {flags_.wake_main->descriptor(), StreamWants::kRead, false}};
        if (!wait_for(entries, tell_progress(-1))) {
            break;
        }
        flags_.wake_main->clear();
        if (asked_to_stop()) {
            break;
        }
    }
    flags_.limit_delivering(now().after_millis(kDrainMs));
}

void Pipeline::tell_service_manager(std::string_view state) {
    if (auto told = notify_service_manager(service_manager_socket(), state); !told) {
        seams_.log.warn({"telling the service manager: ", told.error()});
    }
}

RunReport Pipeline::run() {
    MonotonicNanos deadline = now().after_millis(options_.deadline_ms);
    std::thread ingest([this] {
        run_ingest_thread({*ingest_, recent_, seams_.watch, seams_.clock, seams_.log, status_,
                           seams_.pulses.ingest, flags_, ingest_changes_, options_.once});
    });
    std::thread deliver([this] {
        run_deliver_thread({*deliver_, mailbox_, seams_.clock, seams_.log, status_,
                            seams_.pulses.deliver, flags_, deliver_changes_});
    });
    tell_service_manager("READY=1");

    bool asked = wait_for_stop(deadline);
    tell_service_manager("STOPPING=1");
    bool all_read = flags_.caught_up.load();

    flags_.stop_ingest.store(true);
    flags_.wake_ingest->wake();
    ingest.join();
    bool patient = options_.once && !asked;
    flags_.limit_delivering(patient ? deadline : now().after_millis(kDrainMs));
    flags_.stop_deliver.store(true);
    flags_.wake_deliver->wake();
    if (patient) {
        wait_for_drain();
    }
    deliver.join();
    if (anchors_) {
        anchors_->stop(kLastAnchorMs);
    }
    ingest_->take_last_letters();
    status_.put_intake(ingest_->status());
    status_.put_outputs(deliver_->status(ingest_->committed_records()));
    metrics_.write_last(status_);

    RunReport report;
    report.ledger = Ledger{ingest_->totals(), deliver_->totals(ingest_->committed_records()),
                           ingest_->anchors()};
    spool_->note_cursors(ingest_->held_back(deliver_->cursors()));
    spool_->note_ledger(encode_ledger(report.ledger));
    if (Result<void> closed = spool_->close(); !closed) {
        seams_.log.error({"closing the spool: ", closed.error()});
        flags_.failed.store(true);
    }
    report.failed = flags_.failed.load();
    // Saying farewell may have brought confirmations.
    report.complete = all_read && report.ledger.everything_readable() && !report.failed &&
                      deliver_->drained() && report.ledger.everything_confirmed();
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
