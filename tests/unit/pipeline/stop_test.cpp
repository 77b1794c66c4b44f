// The two workers in their threads, on real files, against receivers that never answer: the run
// must end by itself or by a signal. The clock runs fast, so that seconds of patience are fractions
// of one.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "fakes/fake_log.h"
#include "fakes/fake_network.h"
#include "fakes/temp_directory.h"
#include "pipeline/pipeline.h"
#include "platform/posix.h"

using namespace llmtrail;

namespace {

constexpr int64_t kHaste = 20;

class HastyClock : public Clock {
 public:
    UnixNanos wall_now() override { return real_->wall_now(); }

    MonotonicNanos monotonic_now() override {
        return {start_.value + (real_->monotonic_now().value - start_.value) * kHaste};
    }

    ClockState state() override { return {}; }

 private:
    std::unique_ptr<Clock> real_ = make_posix_clock();
    MonotonicNanos start_ = real_->monotonic_now();
};

class ScriptedSignals : public SignalSource {
 public:
    ScriptedSignals() : waker_(std::move(*make_waker())) {}

    int descriptor() const override { return waker_->descriptor(); }

    std::optional<ProcessSignal> take() override {
        waker_->clear();
        return pending_.exchange(false) ? std::optional(ProcessSignal::kStop) : std::nullopt;
    }

    void stop() {
        pending_.store(true);
        waker_->wake();
    }

 private:
    std::unique_ptr<Waker> waker_;
    std::atomic<bool> pending_{false};
};

class ThreadSafeLog : public Log {
 public:
    void write(LogLevel, std::string_view) override {}
};

struct Daemon {
    Daemon() {
        settings.state_directory = directory / "state";
        settings.spool.directory = directory / "state/spool";
        settings.spool.min_free_bytes = 0;
        SourceSettings source;
        source.id = "app";
        source.paths = {directory / "*.jsonl"};
        settings.sources.push_back(source);
        OutputSettings output;
        output.id = "soc";
        output.transport = SyslogTransport::kTcp;
        output.address = {"127.0.0.1", 1};
        settings.outputs.push_back(output);
        directory.write("app.jsonl",
                        "{\"prompt\":\"what\",\"response\":\"that\"}\n{\"prompt\":\"a\"}\n");
    }

    Result<RunReport> run(const RunOptions& options) {
        auto files = make_posix_file_system();
        auto watch = make_posix_file_watch();
        auto random = make_posix_random();
        return run_pipeline(settings, options,
                            {*files, *watch, clock, *random, network, signals, log});
    }

    // A signal when the run has had `real_ms` to get somewhere.
    Result<RunReport> run_and_stop(const RunOptions& options, int64_t real_ms) {
        std::thread operator_thread([&] {
            Result<int> waited = wait_for({}, real_ms);
            CHECK(waited);
            signals.stop();
        });
        auto began = std::chrono::steady_clock::now();
        Result<RunReport> report = run(options);
        operator_thread.join();
        took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                      std::chrono::steady_clock::now() - began)
                      .count();
        return report;
    }

    TempDirectory directory;
    Settings settings;
    HastyClock clock;
    ScriptedSignals signals;
    FakeNetwork network;
    ThreadSafeLog log;
    int64_t took_ms = 0;
};

constexpr int64_t kSignalMs = 150;
constexpr int64_t kStopMs = 10'000 / kHaste;  // what the contract promises

std::vector<FakePeer> hopeless_peers() {
    FakePeer never_connects;
    never_connects.establish_rounds = 1'000'000;
    FakePeer takes_nothing;
    takes_nothing.room_bytes = 0;
    FakePeer acknowledges_nothing;
    acknowledges_nothing.acknowledges = false;
    FakePeer refuses;
    refuses.refuse_at_once = Error{ErrorCode::kNetwork, "connection refused", 0};
    FakePeer never_says_farewell;
    never_says_farewell.closes_after_shutdown = false;
    return {never_connects, takes_nothing, acknowledges_nothing, refuses, never_says_farewell};
}

}  // namespace

TEST_CASE(
    "a signal stops the daemon in time whatever the receiver does, and nothing read is lost from "
    "the ledger") {
    for (const FakePeer& peer : hopeless_peers()) {
        Daemon daemon;
        daemon.network.otherwise = peer;
        Result<RunReport> report = daemon.run_and_stop({}, kSignalMs);
        REQUIRE(report);
        CHECK(daemon.took_ms < kSignalMs + kStopMs + 500);  // and the machine's own slowness
        CHECK_FALSE(report->failed);
        CHECK_MESSAGE(report->ledger.balances(), describe(report->ledger));
        CHECK(report->ledger.sources[0].records == 2);
    }
}

TEST_CASE(
    "a signal also stops a run with once that waits for its receiver, long before the deadline") {
    for (const FakePeer& peer : hopeless_peers()) {
        if (!peer.closes_after_shutdown) {
            continue;  // it confirms: this run ends by itself
        }
        bool confirms_at_the_end = !peer.acknowledges;  // by closing after the farewell
        Daemon daemon;
        daemon.network.otherwise = peer;
        Result<RunReport> report =
            daemon.run_and_stop({.once = true, .deadline_ms = 3'600'000}, kSignalMs);
        REQUIRE(report);
        CHECK(daemon.took_ms < kSignalMs + kStopMs + 500);
        CHECK(report->complete == confirms_at_the_end);
        CHECK(report->ledger.everything_confirmed() == confirms_at_the_end);
        CHECK(report->ledger.balances());
    }
}

TEST_CASE(
    "a run with once ends by itself when everything is confirmed, and at its deadline when not") {
    Daemon daemon;
    Result<RunReport> report = daemon.run({.once = true, .deadline_ms = 3'600'000});
    REQUIRE(report);
    CHECK(report->complete);
    CHECK(report->ledger.outputs[0].confirmed >= 2);

    Daemon late;
    late.network.otherwise.room_bytes = 0;
    report = late.run({.once = true, .deadline_ms = 4000});
    REQUIRE(report);
    CHECK_FALSE(report->complete);
    CHECK_FALSE(report->failed);
    CHECK(report->ledger.balances());
}

TEST_CASE("a start that fails after the spool was opened leaves no unclean run behind") {
    Daemon daemon;
    daemon.settings.outputs[0].type = OutputType::kFile;
    daemon.settings.outputs[0].path = "";
    daemon.settings.sources[0].format = "no such format";
    REQUIRE_FALSE(daemon.run({.once = true}));
    Daemon again;
    again.settings.state_directory = daemon.settings.state_directory;
    again.settings.spool.directory = daemon.settings.spool.directory;
    Result<RunReport> report = again.run({.once = true});
    REQUIRE(report);
    CHECK(report->ledger.outputs[0].confirmed ==
          2 + 2);  // two documents, start and stop; no unclean stop
}
