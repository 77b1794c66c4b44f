// Logs made by somebody who has all keys and breaks one rule of the format: signatures, tags and
// checksums are right.
#include <doctest/doctest.h>

#include "crafted_log.h"

using namespace llmtrail;

TEST_CASE("a log made by hand after the page is CLEAN") {
    CraftedLog log;
    log.begin();
    log.batch();
    log.control(FrameType::kPositions, encode_positions({{{"z", "1"}, {"a", ""}}, {}, {}}),
                kFrameFlagDelta);
    log.seal(kSealCleanShutdown);
    check_verdict(log.verify(), Verdict::kClean);
    CHECK(log.verify().records == 3);
}

TEST_CASE("frames of unknown and reserved types are hashed, counted and not interpreted") {
    CraftedLog log;
    log.begin();
    log.control(static_cast<FrameType>(9), "from a later version");
    log.control(FrameType::kAnchor, "");
    log.control(static_cast<FrameType>(255), "");
    log.seal(kSealCleanShutdown);
    VerifyReport report = log.verify();
    check_verdict(report, Verdict::kClean);
    CHECK(report.unknown_frames == 2);
    CHECK(report.tree_size == 5);
}

TEST_CASE("a record whose leaf is not made of its bytes is named, and only keys tell") {
    for (size_t at : {size_t{0}, size_t{1}, size_t{2}}) {
        CraftedLog log;
        log.begin();
        log.batch([&](auto& records, auto&) { flip_first(records[at].leaf); });
        log.seal(kSealCleanShutdown);
        VerifyReport report = log.verify();
        check_tampered_at(report, 0, log.frame_at());
        REQUIRE(report.record);
        CHECK(*report.record == 2 + at);
        check_verdict(log.verify_keyless(), Verdict::kClean);
    }
}

TEST_CASE("a record whose bytes are not the committed ones is named") {
    CraftedLog log;
    log.begin();
    log.batch([](auto&, auto& raw) { raw[1].back() = 'D'; });
    log.seal(kSealCleanShutdown);
    VerifyReport report = log.verify();
    check_tampered_at(report, 0, log.frame_at());
    REQUIRE(report.record);
    CHECK(*report.record == 4);
}

TEST_CASE("a stored commitment that is not the record's is found") {
    CraftedLog log;
    log.begin();
    log.batch([](auto& records, auto&) { flip_first(records[1].commitments[3]); });
    log.seal(kSealCleanShutdown);
    check_tampered_at(log.verify(), 0, log.frame_at());
}

TEST_CASE(
    "a section that announces more than a frame may hold is found without taking the memory") {
    for (uint32_t bytes : {0xFFFFFFFFU, 0x80000000U, 1U}) {
        CraftedLog log;
        log.begin();
        log.announce_raw_bytes(bytes);
        log.batch();
        log.seal(kSealCleanShutdown);
        VerifyReport report = log.verify();
        check_tampered_at(report, 0, log.frame_at());
        CHECK(report.section == "prompt");
    }
}

TEST_CASE("a recovery calls torn only what a crash may have torn") {
    Bytes whole = announced_frame(20'000);
    whole.resize(20'000);
    finish_frame(whole, 0);
    Bytes torn = whole;
    flip(torn, 77);

    struct Tail {
        const char* name;
        uint32_t closing;
        Bytes bytes;
        Verdict expected;
    };

    const Tail tails[] = {
        {"a torn frame", kSealForced, torn, Verdict::kClean},
        {"a whole frame with zero pages", kSealForced, whole, Verdict::kTampered},
        {"a torn frame after a closing seal", kSealCleanShutdown, torn, Verdict::kTampered},
    };
    for (const Tail& tail : tails) {
        CAPTURE(tail.name);
        CraftedLog log;
        log.begin();
        log.batch();
        log.seal(tail.closing);
        log.next_segment(log.identity(), [](SegmentHeader& header) { header.generation += 1; });
        RecoveryBody body = log.recovery();
        log.add_to_finished(tail.bytes);
        body.reason = RecoveryReason::kTorn;
        body.file_bytes = body.end_offset + tail.bytes.size();
        body.tail_hash = log.tail_hash(body.end_offset);
        log.begin_generation(0);
        log.control(FrameType::kRecovery, encode_recovery(body));
        log.seal(kSealCleanShutdown);
        check_verdict(log.verify(), tail.expected);
        check_verdict(log.verify_keyless(), tail.expected);
    }
}

TEST_CASE("each rule on the order of frames is kept by the verifier, with keys and without") {
    const std::pair<const char*, void (*)(CraftedLog&)> breaches[] = {
        {"no positions first",
         [](CraftedLog& log) {
             log.genesis();
             log.seal(kSealForced);
         }},
        {"delta positions first",
         [](CraftedLog& log) {
             log.control(FrameType::kPositions, encode_positions({}), kFrameFlagDelta);
             log.genesis();
             log.seal(kSealForced);
         }},
        {"no genesis",
         [](CraftedLog& log) {
             log.positions();
             log.seal(kSealForced);
         }},
        {"two geneses",
         [](CraftedLog& log) {
             log.begin();
             log.genesis();
         }},
        {"a genesis that is no first start",
         [](CraftedLog& log) {
             log.positions();
             log.genesis(0);
             log.seal(kSealForced);
         }},
        {"a genesis after an orderly stop that was none",
         [](CraftedLog& log) {
             log.positions();
             log.genesis(kGenesisFirstStart | kGenesisAfterClean);
             log.seal(kSealForced);
         }},
        {"a recovery in the first generation",
         [](CraftedLog& log) {
             log.positions();
             log.genesis();
             log.control(FrameType::kRecovery, encode_recovery({}));
             log.seal(kSealForced);
         }},
        {"full positions in the middle",
         [](CraftedLog& log) {
             log.begin();
             log.positions();
         }},
        {"positions out of order",
         [](CraftedLog& log) {
             log.positions({{"b", "1"}, {"a", "1"}});
             log.genesis();
             log.seal(kSealForced);
         }},
        {"positions twice the same",
         [](CraftedLog& log) {
             log.positions({{"a", "1"}, {"a", "2"}});
             log.genesis();
             log.seal(kSealForced);
         }},
        {"positions without a value",
         [](CraftedLog& log) {
             log.positions({{"a", ""}});
             log.genesis();
             log.seal(kSealForced);
         }},
        {"a seal number twice",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealForced, 0);
         }},
        {"a seal number left out",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealForced, 2);
         }},
        {"frames after a segment end",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealSegmentEnd);
             log.batch();
         }},
        {"frames after an orderly stop",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealCleanShutdown);
             log.batch();
         }},
        {"a next key after an orderly stop",
         [](CraftedLog& log) {
             log.begin();
             log.seal(kSealCleanShutdown, {}, true);
         }},
        {"a genesis that cannot be read",
         [](CraftedLog& log) {
             log.positions();
             log.control(FrameType::kGenesis, "short");
             log.seal(kSealForced);
         }},
        {"positions that cannot be read",
         [](CraftedLog& log) {
             log.control(FrameType::kPositions, Bytes(9, '\xFF') + '\x01');
             log.genesis();
             log.seal(kSealForced);
         }},
    };
    for (const auto& [name, breach] : breaches) {
        CAPTURE(name);
        CraftedLog log;
        breach(log);
        check_verdict(log.verify(), Verdict::kTampered);
        check_verdict(log.verify_keyless(), Verdict::kTampered);
    }
}
