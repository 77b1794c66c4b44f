// Experiments 49 to 62, and the forgeries of somebody who can write to the folder and has no key.
#include <doctest/doctest.h>

#include <functional>

#include "crafted_log.h"
#include "experiment_rig.h"
#include "spool/cursor_file.h"

using namespace llmtrail;

namespace {

constexpr int64_t kHourMillis = 3'600'000;

void work_and_close(Experiment& log, const std::function<void()>& between) {
    FakeRandom shapes(9);
    Workload work;
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    REQUIRE(work.run(log, *writer, 3, shapes));
    REQUIRE(writer->seal(SealReason::kForced));
    between();
    REQUIRE(work.run(log, *writer, 3, shapes));
    REQUIRE(writer->close());
    log.keep_trust();
    log.keep_checkpoint();
}

}  // namespace

TEST_CASE("experiment 49: another trusted key and another log's id CANNOT be verified") {
    Experiment log = Experiment::standard();
    Experiment other = Experiment::standard(2);
    Bytes trusted = log.disk.content(kTrustPath);
    log.disk.put_file(kTrustPath, other.disk.content(kTrustPath));
    log.expect(Verdict::kCannotVerify, Verdict::kTampered);  // the checkpoint vouches for the key
    for (const char* text : {"", "ed25519:", "ed25519:AAAA", "x25519:AAAA\n"}) {
        log.disk.put_file(kTrustPath, text);
        log.expect(Verdict::kCannotVerify, Verdict::kCannotVerify);
    }
    log.disk.put_file(kTrustPath, trusted);
    log.expect(Verdict::kClean, Verdict::kClean);
}

TEST_CASE("experiment 50: a wrap of another data key than the header commits to is refused") {
    Experiment log = Experiment::closed(2);
    LocalKeys keys = *load_local_keys(log.disk, log.options.key_directory);
    Result<SegmentHeader> header = decode_segment_header(log.segment(0));
    DataKeys wrong = *make_data_keys(log.random);
    log.disk.put_file(
        log.path(keys_file_name(0)),
        *encode_key_file(*header, wrong, *make_daily_key(log.random), keys, log.random));
    for (const VerifyReport& report : {log.verify(), log.anchored()}) {
        check_verdict(report, Verdict::kCannotVerify);
        CHECK(report.reason.find("commits to") != std::string::npos);
    }
    CHECK_FALSE(log.open());
}

TEST_CASE("experiment 52: a clock stepped back an hour, forward a day, is no fault of the log") {
    for (int64_t step : {-kHourMillis, 24 * kHourMillis}) {
        Experiment log;
        work_and_close(log, [&] { log.clock.wall.value += step * kNanosPerMilli; });
        log.expect(Verdict::kClean, Verdict::kClean);
    }
}

TEST_CASE("experiment 57: checkpoints held back leave the log UNANCHORED until they come") {
    Experiment log;
    work_and_close(log, [&] {
        log.keep_trust();
        log.keep_checkpoint();
        log.clock.advance_millis(kHourMillis / 2);
    });
    KeptCheckpoint late = log.checkpoints.back();
    log.checkpoints.pop_back();
    VerifyReport report = log.anchored();
    check_verdict(report, Verdict::kClean);
    CHECK(report.unanchored);
    CHECK(report.anchors == 1);
    CHECK(report.unanchored_leaves > 0);
    REQUIRE(report.anchored_at);
    CHECK(report.sealed_at.value - report.anchored_at->value >= kHourMillis / 2 * kNanosPerMilli);
    log.checkpoints.push_back(late);
    report = log.anchored();
    check_verdict(report, Verdict::kClean);
    CHECK_FALSE(report.unanchored);
    CHECK(report.anchors == 2);
}

TEST_CASE("experiment 58: an agent stopped in order for five minutes is CLEAN") {
    Experiment log = Experiment::closed(2);
    log.clock.advance_millis(300'000);
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    REQUIRE(writer->close());
    log.expect(Verdict::kClean, Verdict::kClean);
    CHECK(log.verify().recoveries == 0);
}

TEST_CASE("experiment 59: a second writer on one spool is refused, and nothing is changed") {
    Experiment log = Experiment::closed(2);
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    std::vector<std::string> names = log.disk.names(log.options.directory);
    Result<std::unique_ptr<SpoolWriter>> second = log.open();
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::kBusy);
    CHECK(log.disk.names(log.options.directory) == names);
    REQUIRE(writer->close());
    log.expect(Verdict::kClean, Verdict::kClean);
}

TEST_CASE("a checkpoint that no log of this key had is found, above, below and beside the end") {
    Experiment log = Experiment::standard();
    KeptCheckpoint honest = log.checkpoints.back();
    for (uint64_t size : {uint64_t{1}, honest.tree_size / 2, honest.tree_size}) {
        KeptCheckpoint forked = honest;
        forked.tree_size = size;
        flip_first(forked.root);
        log.checkpoints = {honest, forked};
        check_verdict(log.anchored(), Verdict::kTampered);
    }
    KeptCheckpoint above = honest;
    for (uint64_t size : {honest.tree_size + 1, ~uint64_t{0}}) {
        above.tree_size = size;
        log.checkpoints = {above, honest};
        check_verdict(log.anchored(false), Verdict::kTampered);
    }
    log.checkpoints = {honest, honest, honest};
    check_verdict(log.anchored(), Verdict::kClean);
}

TEST_CASE("a forged cursor file, advanced without the key, moves no cursor") {
    Experiment log;
    FakeRandom shapes(9);
    Workload work;
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    REQUIRE(work.run(log, *writer, 6, shapes));
    writer->note_cursors({{"soc", 3}});
    REQUIRE(writer->seal(SealReason::kForced));
    uint64_t end = writer->next_index();
    writer.reset();
    LocalKeys keys = *load_local_keys(log.disk, log.options.key_directory);
    Cursors ahead = {{"soc", end}};
    REQUIRE(write_cursor_file(log.disk, log.options.directory, keys, ahead));
    Bytes forged = log.disk.content(log.path("cursors"));
    flip(forged, forged.size() - 1);  // what somebody without the key can make of it
    log.disk.put_file(log.path("cursors"), forged);
    writer = std::move(*log.open());
    for (const auto& [id, confirmed] : writer->recovered().cursors) {
        CHECK(id == "soc");
        CHECK(confirmed == 3);
    }
    REQUIRE(writer->close());
    log.keep_trust();
    check_verdict(log.verify(), Verdict::kClean);
}

TEST_CASE("key files swapped between segments are refused at the next start, never adopted") {
    Experiment log = Experiment::closed(2, 3);
    uint64_t last = log.last_segment();
    Bytes ours = log.disk.content(log.path(keys_file_name(last)));
    Bytes theirs = log.disk.content(log.path(keys_file_name(0)));
    log.disk.put_file(log.path(keys_file_name(last)), theirs);
    log.disk.put_file(log.path(keys_file_name(0)), ours);
    std::vector<std::string> names = log.disk.names(log.options.directory);
    Result<std::unique_ptr<SpoolWriter>> writer = log.open();
    REQUIRE_FALSE(writer);
    CHECK(writer.error().code == ErrorCode::kCrypto);
    CHECK(writer.error().message.find(keys_file_name(last)) != std::string::npos);
    CHECK(log.disk.names(log.options.directory) == names);
    check_verdict(log.verify(), Verdict::kCannotVerify);
    check_verdict(log.anchored(), Verdict::kCannotVerify);
}
