// Experiments 1 to 15: what a crash, a power cut, a failing disk leaves is never TAMPERED, with a
// checkpoint kept off the host as without one.
#include <doctest/doctest.h>

#include <cerrno>

#include "experiment_rig.h"
#include "spool/control.h"
#include "spool/key_file.h"

using namespace llmtrail;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr int kLives = 40;
#else
constexpr int kLives = 200;
#endif

bool is_crash(const VerifyReport& report) {
    return report.verdict == Verdict::kOpenTail || report.verdict == Verdict::kTornTail;
}

void check_crash(Experiment& log) {
    for (const VerifyReport& report :
         {log.verify(), log.verify_keyless(), log.anchored(), log.anchored(false)}) {
        CHECK_MESSAGE(is_crash(report), found(report));
    }
}

// One segment: a small batch, a seal, a large batch that is not compressed and not sealed.
Experiment with_large_tail() {
    Experiment log;
    log.options.compression_level = 0;
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    writer->append({"small", "", "", ""});
    REQUIRE(writer->commit({}));
    REQUIRE(writer->seal(SealReason::kForced));
    writer->append({"large", std::string(5 * kPageBytes, 'x'), "", ""});
    REQUIRE(writer->commit({}));
    writer.reset();
    log.keep_trust();
    log.keep_checkpoint();
    return log;
}

// A log that dies `lives` times at a random operation; checkpoints are taken of what is durable.
void die_often(PowerCut kind, uint64_t seed) {
    FakeRandom random(seed);
    Experiment log(seed);
    log.options.segment_bytes_max = 12'000;
    int judged = 0;
    for (int life = 0; life < kLives; ++life) {
        CAPTURE(life);
        Workload work;
        log.disk.reset_count();
        log.disk.stop_after(20 + random.below(80));
        {
            Result<std::unique_ptr<SpoolWriter>> writer = log.open();
            FakeRandom shapes(random.next());
            if (writer) {
                (void)work.run(log, **writer, 6, shapes);
            }
        }
        log.disk.power_cut(kind, random);
        if (log.segments().empty()) {
            continue;
        }
        log.keep_trust();
        VerifyReport report = log.anchored(life % 2 == 0);
        bool good = is_crash(report) || report.verdict == Verdict::kClean;
        REQUIRE_MESSAGE(good, found(report));
        if (report.seals > 0) {
            log.keep_checkpoint();
        }
        ++judged;
    }
    CHECK(judged > kLives / 2);
}

// A log with some sealed batches and a checkpoint of them, still open.
struct SealedWork {
    explicit SealedWork(int batches) : writer(std::move(*log.open())) {
        REQUIRE(work.run(log, *writer, batches, shapes));
        REQUIRE(writer->seal(SealReason::kForced));
        log.keep_trust();
        log.keep_checkpoint();
        log.disk.reset_count();
    }

    Experiment log;
    FakeRandom shapes{5};
    Workload work;
    std::unique_ptr<SpoolWriter> writer;
};

// From one point of a run on, one operation fails; the log is closed in order.
void fail_once(int os_error, bool expect_recovery) {
    int recoveries = 0;
    int closed_logs = 0;
    for (uint64_t n = 0; n < 60; ++n) {
        CAPTURE(n);
        SealedWork sealed(3);
        auto& [log, shapes, work, writer] = sealed;
        log.disk.fail_operation(n, os_error);
        if (!work.run(log, *writer, 8, shapes)) {
            REQUIRE(work.run(log, *writer, 8, shapes));
        }
        Result<void> closed = writer->close();
        log.disk.reset_count();
        writer.reset();
        if (!closed) {
            for (const VerifyReport& report : {log.verify(), log.anchored()}) {
                bool good = is_crash(report) || report.verdict == Verdict::kClean;
                CHECK_MESSAGE(good, found(report));
            }
            continue;
        }
        ++closed_logs;
        log.expect(Verdict::kClean, Verdict::kClean);
        recoveries += static_cast<int>(log.verify().recoveries);
        check_all_readable(log, work.committed());
    }
    CHECK(closed_logs > 20);
    CHECK((recoveries > 0) == expect_recovery);
}

}  // namespace

TEST_CASE("experiment 1: an untouched log after an orderly stop is CLEAN") {
    Experiment log = Experiment::standard();
    log.expect(Verdict::kClean, Verdict::kClean);
    VerifyReport report = log.anchored();
    CHECK(report.anchors == 1);
    CHECK_FALSE(report.unanchored);
    CHECK(report.unanchored_leaves == 0);
    CHECK(report.anchored_at == report.sealed_at);
    CHECK(log.verify().unanchored);
    CHECK(log.verify().unanchored_leaves == report.tree_size);
}

TEST_CASE("experiment 2: a copy of a live spool is OPEN_TAIL or TORN_TAIL") {
    Experiment log;
    FakeRandom shapes(3);
    Workload work;
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    log.keep_trust();
    log.keep_checkpoint();
    for (int turn = 0; turn < 12; ++turn) {
        REQUIRE(work.run(log, *writer, 1, shapes));
        Experiment copy;
        log.disk.copy_to(copy.disk);
        copy.checkpoints = log.checkpoints;
        check_crash(copy);
        uint64_t last = copy.last_segment();
        Bytes whole = copy.segment(last);
        size_t tail = frames_of(whole).back().size;
        copy.put(last, ByteView(whole).substr(0, whole.size() - 1 - shapes.below(tail - 1)));
        check_verdict(copy.verify(), Verdict::kTornTail);
        REQUIRE(log.checkpoints.size() == 1);
        check_verdict(copy.anchored(), Verdict::kTornTail);
    }
}

TEST_CASE("experiment 3: a kill between write and sync is OPEN_TAIL") {
    Experiment log = Experiment::open_ended(3);
    log.expect(Verdict::kOpenTail, Verdict::kOpenTail);
    CHECK(log.anchored().unanchored_leaves > 0);
}

TEST_CASE("experiment 4: a last frame that lacks n bytes is TORN_TAIL for every n") {
    Experiment log = Experiment::open_ended(2);
    uint64_t last = log.last_segment();
    Bytes whole = log.segment(last);
    FramePlace tail = frames_of(whole).back();
    for (size_t n = 1; n < tail.size; n += 3) {
        log.put(last, ByteView(whole).substr(0, whole.size() - n));
        check_verdict(log.anchored(false), Verdict::kTornTail);
    }
    log.put(last, ByteView(whole).substr(0, tail.offset));
    log.expect(Verdict::kOpenTail, Verdict::kOpenTail);
}

TEST_CASE(
    "experiments 5, 6 and 7: a last page, several pages, one page before others that are zero") {
    Experiment log = with_large_tail();
    Bytes whole = log.segment(0);
    size_t tail = frames_of(whole).back().offset;
    size_t last_page = whole.size() / kPageBytes * kPageBytes;
    auto zeroed = [&](size_t from, size_t to) {
        Bytes bytes = whole;
        bytes.replace(from, to - from, to - from, '\0');
        log.put(0, bytes);
        log.expect(Verdict::kTornTail, Verdict::kTornTail);
    };
    zeroed(last_page, whole.size());
    zeroed(last_page - 2 * kPageBytes, whole.size());
    zeroed(2 * kPageBytes, 3 * kPageBytes);
    zeroed(tail, whole.size());
    Bytes grown = whole.substr(0, tail + 100);
    grown.resize((grown.size() / kPageBytes + 3) * kPageBytes);
    log.put(0, grown);
    log.expect(Verdict::kTornTail, Verdict::kTornTail);
}

TEST_CASE("experiment 8: a zero page below a seal that says durable is TAMPERED") {
    Experiment log = with_large_tail();
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    writer->append({"large", std::string(5 * kPageBytes, 'x'), "", ""});
    REQUIRE(writer->commit({}));
    REQUIRE(writer->seal(SealReason::kForced));
    writer.reset();
    log.keep_checkpoint();
    log.expect_tampered_with(log.last_segment(), [](Bytes& bytes) {
        bytes.replace(2 * kPageBytes, kPageBytes, kPageBytes, '\0');
    });
}

TEST_CASE("experiment 9: a crash while a segment header is written is TORN_TAIL") {
    Experiment log = Experiment::closed(2);
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    writer.reset();
    uint64_t last = log.last_segment();
    Bytes whole = log.segment(last);
    for (size_t size : {size_t{0}, size_t{8}, size_t{200}, frames_of(whole)[0].offset - 1,
                        frames_of(whole)[0].offset, frames_of(whole)[1].offset + 5}) {
        CAPTURE(size);
        log.put(last, ByteView(whole).substr(0, size));
        log.expect(Verdict::kTornTail, Verdict::kTornTail);
    }
}

TEST_CASE("experiment 12: a power cut at any step of a new segment leaves its keys with it") {
    for (uint64_t n = 0; n < 40; ++n) {
        CAPTURE(n);
        SealedWork sealed(2);
        auto& [log, shapes, work, writer] = sealed;
        log.disk.stop_after(n);
        (void)writer->seal(SealReason::kSegmentEnd);
        writer.reset();
        FakeRandom cut(n);
        log.disk.power_cut(PowerCut::kForget, cut);
        for (const std::string& name : log.segments()) {
            uint64_t no = *segment_number_of(name, kSegmentSuffix);
            CHECK(log.disk.exists(log.path(keys_file_name(no))));
        }
        check_crash(log);
        CHECK(log.verify().content_checked);
        writer = std::move(*log.open());
        REQUIRE(writer->close());
        log.expect(Verdict::kClean, Verdict::kClean);
    }
}

TEST_CASE("experiment 13: kills and power cuts under load lose nothing that a checkpoint covers") {
    die_often(PowerCut::kKeepAll, 1);
    die_often(PowerCut::kForget, 2);
    die_often(PowerCut::kPrefix, 3);
    die_often(PowerCut::kZeroPages, 4);
    MESSAGE("on the fake disk; SKIPPED here: kills of the process and real power cuts (bin/chaos)");
}

TEST_CASE("experiment 14: an I/O error once is a recovery and no loss") {
    fail_once(EIO, true);
}

TEST_CASE("experiment 15: no space once, at each operation in turn, is never TAMPERED") {
    fail_once(ENOSPC, true);
}
