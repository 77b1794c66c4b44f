// Experiments 32 to 48: ends cut off, histories continued, segments removed or moved, a host put
// back to an earlier state. What looks like a crash to the host alone is TAMPERED with a
// checkpoint.
#include <doctest/doctest.h>

#include "crafted_log.h"
#include "experiment_rig.h"
#include "spool/seal.h"

using namespace llmtrail;

namespace {

Bytes cut_before(const Bytes& segment, const FramePlace& place) {
    return segment.substr(0, place.offset);
}

// The agent starts, works and stops.
void live_on(Experiment& log) {
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    writer->append({"after", "", "", ""});
    REQUIRE(writer->commit({}));
    REQUIRE(writer->close());
}

}  // namespace

TEST_CASE("experiments 32, 33 and 38: a cut at a seal, at a frame, at the first of several seals") {
    Experiment log = Experiment::closed(6);
    Bytes whole = log.segment(0);
    for (const FramePlace& place : frames_of(whole)) {
        if (place.offset > *segment_header_size(whole)) {
            log.put(0, cut_before(whole, place));
            check_verdict(log.verify_keyless(), frames_of(cut_before(whole, place)).size() < 2
                                                    ? Verdict::kTornTail
                                                    : log.verify().verdict);
            CHECK_FALSE(log.verify().verdict == Verdict::kClean);
            CHECK_FALSE(log.verify().verdict == Verdict::kTampered);
            check_verdict(log.anchored(), Verdict::kTampered);
            check_verdict(log.anchored(false), Verdict::kTampered);
        }
    }
    std::vector<FramePlace> places = frames_of(whole);
    log.put(0, cut_before(whole, places.back()));  // all leaves are there, their seal is not
    log.expect(Verdict::kOpenTail, Verdict::kTampered);
}

TEST_CASE("experiment 34: a cut anywhere is TORN_TAIL, TAMPERED with a checkpoint") {
    Experiment log = Experiment::closed(3);
    Bytes whole = log.segment(0);
    FramePlace closing = frames_of(whole).back();
    for (size_t size = frames_of(whole)[3].offset + 1; size < closing.offset; size += 17) {
        CAPTURE(size);
        log.put(0, ByteView(whole).substr(0, size));
        VerifyReport report = log.verify();
        bool boundary = report.verdict == Verdict::kOpenTail;
        CHECK((boundary || report.verdict == Verdict::kTornTail));
        check_verdict(log.anchored(), Verdict::kTampered);
    }
}

TEST_CASE("experiments 35 and 37: the past sealed again with a key stolen later") {
    CraftedLog honest;
    honest.begin();
    honest.batch();
    honest.seal(kSealInterval);
    honest.batch();
    honest.seal(kSealInterval);
    SigningKey stolen = honest.next_key();
    // The same log up to its first seal, then another history, sealed with the stolen key.
    CraftedLog forged;
    forged.begin();
    forged.batch();
    forged.take_seal_key(stolen);
    forged.seal(kSealInterval);
    forged.batch();
    forged.seal(kSealCleanShutdown);
    for (const VerifyReport& report : {forged.verify(), forged.verify_keyless()}) {
        check_verdict(report, Verdict::kTampered);
        CHECK(report.reason.find("signature") != std::string::npos);
    }
}

TEST_CASE(
    "experiment 36: a cut, then a restart faked with the identity key, is told as a recovery") {
    Experiment log = Experiment::closed(6);
    Bytes whole = log.segment(0);
    std::vector<FramePlace> places = frames_of(whole);
    log.put(0, cut_before(whole, places[places.size() - 3]));
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    writer.reset();
    log.expect(Verdict::kOpenTail, Verdict::kTampered);
    CHECK(log.verify().recoveries == 1);
    live_on(log);
    log.expect(Verdict::kClean, Verdict::kTampered);
    CHECK(log.verify().recoveries == 2);
}

TEST_CASE("experiment 39: an idle period taken out") {
    Experiment log;
    FakeRandom shapes(3);
    Workload work;
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    REQUIRE(work.run(log, *writer, 2, shapes));
    for (int i = 0; i < 4; ++i) {
        log.clock.advance_millis(60'000);
        REQUIRE(writer->seal(SealReason::kHeartbeat));
    }
    REQUIRE(work.run(log, *writer, 2, shapes));
    REQUIRE(writer->close());
    writer.reset();
    log.keep_trust();
    log.keep_checkpoint();
    log.expect(Verdict::kClean, Verdict::kClean);
    std::vector<FramePlace> heartbeats;
    Bytes whole = log.segment(0);
    for (const FramePlace& place : frames_of(whole)) {
        FrameView frame;
        REQUIRE(split_frame(ByteView(whole).substr(place.offset), frame) == FrameFault::kNone);
        if (place.type == FrameType::kSeal &&
            (decode_seal(frame.clear)->reasons & kSealHeartbeat) != 0) {
            heartbeats.push_back(place);
        }
    }
    REQUIRE(heartbeats.size() == 4);
    log.expect_tampered_with(0, [&](Bytes& bytes) {
        bytes.erase(heartbeats[0].offset, 4 * heartbeats[0].size);
        bytes = renumbered(bytes);
    });
    log.expect_tampered_with(0, [&](Bytes& bytes) {
        bytes.erase(heartbeats[1].offset, heartbeats[1].size);
        bytes = renumbered(bytes);
    });
}

TEST_CASE("experiment 40: a segment of a lower suite, or of none, is never taken for protected") {
    for (size_t at : {size_t{8}, size_t{16}, size_t{96}}) {
        CAPTURE(at);
        Experiment log = Experiment::closed(2, 3);
        for (uint64_t no = 0; no <= log.last_segment(); ++no) {
            Bytes whole = log.segment(no);
            Bytes bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ 1);
            repair_header(bytes, *segment_header_size(whole));
            log.put(no, bytes);
            log.expect_tampered();
            log.put(no, whole);
        }
        log.put(1, "{\"prompt\": \"in clear\"}\n");
        log.expect_tampered();
    }
}

TEST_CASE("a later version that is signed is not judged; before segments that are known it is") {
    for (size_t at : {size_t{8}, size_t{16}, size_t{96}}) {
        CAPTURE(at);
        Experiment log = Experiment::closed(2, 1);
        REQUIRE(log.last_segment() == 0);
        Bytes bytes = log.segment(0);
        bytes[at] = static_cast<char>(bytes[at] ^ 2);
        sign_header(log, bytes);
        log.put(0, bytes);
        log.expect(Verdict::kCannotVerify, Verdict::kCannotVerify);
        CHECK(log.verify().reason.find("later version") != std::string::npos);
        Experiment longer = Experiment::closed(2, 3);
        longer.put(0, bytes);
        longer.expect_tampered();
    }
}

TEST_CASE("experiments 41, 42 and 43: a segment removed in the middle, first, last") {
    Experiment log = Experiment::closed(2, 4);
    for (uint64_t no = 0; no <= log.last_segment(); ++no) {
        Bytes whole = log.segment(no);
        bool last = no == log.last_segment();
        log.remove(no);
        log.expect(last ? Verdict::kOpenTail : Verdict::kTampered, Verdict::kTampered);
        log.put(no, whole);
    }
    log.remove(3);
    log.remove(2);
    log.expect(Verdict::kOpenTail, Verdict::kTampered);
}

TEST_CASE("experiment 44: segments exchanged, doubled, renamed") {
    Experiment log = Experiment::standard();
    Bytes first = log.segment(1);
    Bytes second = log.segment(2);
    log.put(1, second);
    log.expect_tampered();
    log.put(2, first);
    log.expect_tampered();
    log.put(1, first);
    log.expect_tampered();
    log.put(2, second);
    log.put(log.last_segment() + 1, second);
    log.expect_tampered();
}

TEST_CASE("experiment 45: bytes after an orderly stop") {
    Experiment log = Experiment::closed(2);
    for (const Bytes& more : {Bytes(1, '\0'), Bytes(kPageBytes, '\0'), Bytes("garbage")}) {
        log.expect_tampered_with(0, [&](Bytes& bytes) { bytes += more; });
    }
}

TEST_CASE("experiment 46: a torn tail made shorter after it was described") {
    Experiment log = Experiment::standard();
    int torn = 0;
    for (uint64_t no = 0; no < log.last_segment(); ++no) {
        Bytes whole = log.segment(no);
        size_t end = frames_of(whole).back().offset + frames_of(whole).back().size;
        for (size_t size = end; size < whole.size(); size += 7, ++torn) {
            log.expect_tampered_with(no, [&](Bytes& bytes) { bytes.resize(size); });
        }
    }
    CHECK(torn > 5);
}

TEST_CASE("experiment 47: the whole folder put back to yesterday, and the agent goes on") {
    Experiment log = Experiment::closed(3, 2);
    Experiment yesterday;
    log.disk.copy_to(yesterday.disk);
    live_on(log);
    log.keep_checkpoint();
    yesterday.checkpoints = log.checkpoints;
    yesterday.random = FakeRandom(99);
    yesterday.expect(Verdict::kClean, Verdict::kTampered);
    CHECK(yesterday.anchored().reason.find("taken away") != std::string::npos);
    live_on(yesterday);
    live_on(yesterday);
    live_on(yesterday);
    yesterday.expect(Verdict::kClean, Verdict::kTampered);
    CHECK(yesterday.anchored().reason.find("rewritten") != std::string::npos);
}

TEST_CASE("experiment 48: one state resumed twice uses no nonce twice, and the fork is found") {
    Experiment first = Experiment::closed(2);
    Experiment second(5);
    first.disk.copy_to(second.disk);
    live_on(first);
    live_on(second);
    uint64_t no = first.last_segment();
    REQUIRE(no == second.last_segment());
    Result<SegmentHeader> a = decode_segment_header(first.segment(no));
    Result<SegmentHeader> b = decode_segment_header(second.segment(no));
    for (size_t s = 0; s < kSectionCount; ++s) {
        CHECK(a->key_commitments[s] != b->key_commitments[s]);  // other data keys
    }
    // A memory image resumed in the middle of a segment keeps its keys: the salts differ.
    auto salts = [](const Bytes& segment) {
        std::vector<Bytes> found;
        for (const FramePlace& place : frames_of(segment)) {
            found.push_back(segment.substr(place.offset + 40, 8));
        }
        return found;
    };
    std::vector<Bytes> ours = salts(first.segment(no));
    std::vector<Bytes> theirs = salts(second.segment(no));
    REQUIRE(ours.size() == theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) {
        CHECK(ours[i] != theirs[i]);
    }
    first.keep_checkpoint();
    second.checkpoints = first.checkpoints;
    second.expect(Verdict::kClean, Verdict::kTampered);
}
