// The two workers in their threads, on real files, against receivers that never answer: the run
// must end by itself or by a signal.
#include <doctest/doctest.h>

#include <thread>

#include "daemon_rig.h"
#include "fakes/fake_log.h"

using namespace llmtrail;

namespace {

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
        const SourceTotals& source = report->ledger.sources[0];
        CHECK(source.records == (source.read_bytes == 0 ? 0 : 2));  // a slow machine reads later
    }
}

TEST_CASE("a run with once tells how far it is, beginning at once") {
    Daemon daemon;
    int told = 0;
    Result<RunReport> report =
        daemon.run({.once = true, .progress = [&told](const AgentStatus& status) {
                        CHECK(status.outputs.size() <= 1);
                        told += 1;
                    }});
    REQUIRE(report);
    CHECK(told >= 1);
}

static bool stopped_run_is_complete(const FakePeer& peer) {
    Daemon daemon;
    daemon.network.otherwise = peer;
    Result<RunReport> report =
        daemon.run_and_stop({.once = true, .deadline_ms = 3'600'000}, kSignalMs);
    REQUIRE(report);
    CHECK(daemon.took_ms < kSignalMs + kStopMs + 500);
    CHECK(report->ledger.everything_confirmed() == report->complete);
    CHECK(report->ledger.balances());
    return report->complete;
}

TEST_CASE(
    "a signal also stops a run with once that waits for its receiver, long before the deadline") {
    for (const FakePeer& peer : hopeless_peers()) {
        if (!peer.closes_after_shutdown) {
            continue;  // it confirms: this run ends by itself
        }
        bool confirms_at_the_end = !peer.acknowledges;  // by closing after the farewell
        // A machine that stands still for a moment spends the time that the farewell had.
        const int runs_max = confirms_at_the_end ? 3 : 1;
        bool complete = !confirms_at_the_end;
        for (int run = 0; run < runs_max && complete != confirms_at_the_end; ++run) {
            complete = stopped_run_is_complete(peer);
        }
        CHECK(complete == confirms_at_the_end);
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

TEST_CASE("a run with once is not complete while a file of a source cannot be read") {
    for (bool whole_files : {false, true}) {
        Daemon daemon;
        daemon.settings.sources[0].whole_files = whole_files;
        daemon.directory.write("closed.jsonl", "{\"prompt\":\"b\"}\n");
        daemon.files.unreadable = daemon.directory / "closed.jsonl";
        Result<RunReport> report = daemon.run({.once = true, .deadline_ms = 3'600'000});
        REQUIRE(report);
        CHECK_FALSE(report->complete);
        CHECK_FALSE(report->failed);
        CHECK(report->ledger.sources[0].unreadable_files == 1);
        const SourceTotals& source = report->ledger.sources[0];
        CHECK(source.records == (source.read_bytes == 0 ? 0 : 2));  // a slow machine reads later
        CHECK(describe(report->ledger).find("source app:") == 0);
        CHECK(describe(report->ledger).find(" unreadable_files=1;") != std::string::npos);

        daemon.files.unreadable.clear();
        report = daemon.run({.once = true, .deadline_ms = 3'600'000});
        REQUIRE(report);
        CHECK(report->complete);
        CHECK(report->ledger.sources[0].unreadable_files == 0);
        CHECK(report->ledger.sources[0].records == 1);
    }
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
          2 + 4);  // documents, start and stop, a checkpoint of each; no unclean stop
}
