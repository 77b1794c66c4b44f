// The agent in its threads, on real files: settings, seams and a signal at a given time. The clock
// runs fast, so that seconds of patience are fractions of one.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "fakes/fake_network.h"
#include "fakes/guarded_file_system.h"
#include "fakes/temp_directory.h"
#include "pipeline/pipeline.h"
#include "platform/posix.h"

namespace llmtrail {

inline constexpr int64_t kHaste = 20;

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
    void write(LogLevel, std::string_view line) override {
        std::lock_guard lock(mutex_);
        text_ += line;
        text_ += '\n';
    }

    std::string text() {
        std::lock_guard lock(mutex_);
        return text_;
    }

 private:
    std::mutex mutex_;
    std::string text_;
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
        auto watch = make_posix_file_watch();
        auto random = make_posix_random();
        return run_pipeline(settings, options,
                            {files, *watch, clock, *random, network, signals, log, pulses});
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
    GuardedFileSystem files;
    Settings settings;
    HastyClock clock;
    ScriptedSignals signals;
    WorkerPulses pulses;
    FakeNetwork network;
    ThreadSafeLog log;
    int64_t took_ms = 0;
};

}  // namespace llmtrail
