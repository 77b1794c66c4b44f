// How a segment may follow another: made by somebody who has all keys and breaks one rule.
#include <doctest/doctest.h>

#include <memory>

#include "crafted_log.h"

using namespace llmtrail;

namespace {

void finish(CraftedLog& log) {
    log.batch();
    log.seal(kSealCleanShutdown);
}

using Crafted = std::unique_ptr<CraftedLog>;

// A second segment of the same generation.
template <typename Change>
Crafted same_generation(Change change, uint32_t closing = kSealSegmentEnd, bool thief = false) {
    auto made = std::make_unique<CraftedLog>();
    CraftedLog& log = *made;
    log.begin();
    log.batch();
    log.seal(closing, {}, true);
    FakeRandom random(77);
    log.next_segment(thief ? *SigningKey::generate(random) : log.next_key(), change);
    log.positions();
    finish(log);
    return made;
}

// A second generation after an orderly stop.
template <typename Change>
Crafted new_generation(Change change, bool thief = false) {
    auto made = std::make_unique<CraftedLog>();
    CraftedLog& log = *made;
    log.begin();
    log.batch();
    log.seal(kSealCleanShutdown);
    FakeRandom random(77);
    SigningKey other = *SigningKey::generate(random);
    log.next_segment(thief ? other : log.identity(), [&](SegmentHeader& header) {
        header.generation += 1;
        change(header);
    });
    log.begin_generation(kGenesisAfterClean);
    log.seal(kSealForced);
    finish(log);
    return made;
}

// A second generation after a crash, `tail` behind the last whole frame.
template <typename Change>
Crafted after_crash(ByteView tail, Change change) {
    auto made = std::make_unique<CraftedLog>();
    CraftedLog& log = *made;
    log.begin();
    log.batch();
    log.next_segment(log.identity(), [](SegmentHeader& header) { header.generation += 1; });
    RecoveryBody body = log.recovery();
    log.add_to_finished(tail);
    if (!tail.empty()) {
        body.reason = RecoveryReason::kTorn;
        body.file_bytes = body.end_offset + tail.size();
        body.tail_hash = log.tail_hash(body.end_offset);
    }
    change(log, body);
    log.begin_generation(0);
    log.control(FrameType::kRecovery, encode_recovery(body));
    log.seal(kSealForced);
    finish(log);
    return made;
}

void check_second(const Crafted& log) {
    for (const VerifyReport& report : {log->verify(), log->verify_keyless()}) {
        check_tampered_at(report, 1, 0);
    }
}

void check_both(const Crafted& log, Verdict expected) {
    check_verdict(log->verify(), expected);
    check_verdict(log->verify_keyless(), expected);
}

const auto kNothing = [](SegmentHeader&) {};

}  // namespace

TEST_CASE("segments that follow each other by the rules are CLEAN") {
    check_both(same_generation(kNothing), Verdict::kClean);
    check_both(new_generation(kNothing), Verdict::kClean);
    check_both(new_generation([](SegmentHeader& header) { header.generation += 10; }),
               Verdict::kClean);
    check_both(after_crash("", [](CraftedLog&, RecoveryBody&) {}), Verdict::kClean);
    check_both(after_crash("torn", [](CraftedLog&, RecoveryBody&) {}), Verdict::kClean);
}

TEST_CASE("a segment that the seal before it does not certify is found at its header") {
    check_second(same_generation(kNothing, kSealSegmentEnd, true));
    check_second(same_generation(kNothing, kSealForced));
    check_second(new_generation(kNothing, true));
    check_second(new_generation([](SegmentHeader& header) { header.generation -= 1; }));
    check_second(new_generation([](SegmentHeader& header) { header.generation -= 2; }));
}

TEST_CASE(
    "a segment header that does not continue the log is found at its header, whoever signed it") {
    const std::pair<const char*, void (*)(SegmentHeader&)> breaches[] = {
        {"number", [](SegmentHeader& header) { header.segment_no += 1; }},
        {"log id",
         [](SegmentHeader& header) { header.log_id[0] = static_cast<char>(header.log_id[0] ^ 1); }},
        {"chain", [](SegmentHeader& header) { flip_first(header.prev_chain); }},
        {"frontier", [](SegmentHeader& header) { flip_first(header.frontier.back()); }},
        {"first index", [](SegmentHeader& header) { header.first_index *= 2; }},
    };
    for (const auto& [name, breach] : breaches) {
        CAPTURE(name);
        check_second(same_generation(breach));
        check_second(new_generation(breach));
    }
}

TEST_CASE("a recovery that does not state the end that is there is found") {
    const std::pair<const char*, void (*)(CraftedLog&, RecoveryBody&)> breaches[] = {
        {"index", [](CraftedLog&, RecoveryBody& body) { body.end_index += 1; }},
        {"chain", [](CraftedLog&, RecoveryBody& body) { flip_first(body.end_chain); }},
        {"not at a frame", [](CraftedLog&, RecoveryBody& body) { body.end_offset -= 1; }},
        {"inside the header", [](CraftedLog&, RecoveryBody& body) { body.end_offset = 7; }},
        {"after the file", [](CraftedLog&, RecoveryBody& body) { body.end_offset += 4096; }},
        {"far away", [](CraftedLog&, RecoveryBody& body) { body.end_offset = ~uint64_t{0}; }},
        {"a whole segment that counts",
         [](CraftedLog&, RecoveryBody& body) { body.end_offset = 0; }},
        {"its own segment", [](CraftedLog&, RecoveryBody& body) { body.segment_no += 1; }},
        {"a segment to come",
         [](CraftedLog&, RecoveryBody& body) { body.segment_no = ~uint64_t{0}; }},
        {"size", [](CraftedLog&, RecoveryBody& body) { body.file_bytes += 1; }},
        {"hash", [](CraftedLog&, RecoveryBody& body) { flip_first(body.tail_hash); }},
        {"damaged",
         [](CraftedLog&, RecoveryBody& body) { body.reason = RecoveryReason::kDamaged; }},
        {"not ours",
         [](CraftedLog&, RecoveryBody& body) { body.reason = RecoveryReason::kNotOurs; }},
        {"whole, though a tail is there",
         [](CraftedLog&, RecoveryBody& body) { body.reason = RecoveryReason::kNotClosed; }},
    };
    for (const auto& [name, breach] : breaches) {
        CAPTURE(name);
        check_both(after_crash("torn", breach), Verdict::kTampered);
    }
}

TEST_CASE(
    "a recovery that calls torn what no crash leaves, or sets an intact frame aside, is found") {
    Bytes tail(100, 'x');
    check_both(after_crash(tail, [](CraftedLog&, RecoveryBody&) {}), Verdict::kTampered);
    // A write error is another matter: what follows may be whole.
    check_both(after_crash(tail,
                           [](CraftedLog&, RecoveryBody& body) {
                               body.reason = RecoveryReason::kWriteError;
                               body.file_bytes = kNotDescribed;
                               body.tail_hash = {};
                           }),
               Verdict::kClean);
}

TEST_CASE("a recovery is due after a crash and out of place after an orderly stop") {
    for (bool crashed : {true, false}) {
        CraftedLog log;
        log.begin();
        log.seal(crashed ? kSealForced : kSealCleanShutdown);
        log.next_segment(log.identity(), [](SegmentHeader& header) { header.generation += 1; });
        log.begin_generation(crashed ? 0 : kGenesisAfterClean);
        if (!crashed) {
            log.control(FrameType::kRecovery, encode_recovery(log.recovery()));
        }
        log.seal(kSealForced);
        finish(log);
        check_verdict(log.verify(), Verdict::kTampered);
        VerifyReport report = log.verify_keyless();
        check_verdict(report, Verdict::kTampered);
        CHECK_MESSAGE(report.frame == 2, found(report));
    }
}

TEST_CASE("the first segment counts: a recovery that makes it void is found there") {
    CraftedLog log;
    log.begin();
    log.next_segment(log.identity(), [](SegmentHeader& header) {
        header.generation += 1;
        header.first_index = 0;
        header.prev_chain = {};
        header.frontier = {};
    });
    RecoveryBody body;
    body.reason = RecoveryReason::kWriteError;
    body.file_bytes = kNotDescribed;
    log.begin_generation(0);
    log.control(FrameType::kRecovery, encode_recovery(body));
    log.seal(kSealForced);
    finish(log);
    for (const VerifyReport& report : {log.verify(), log.verify_keyless()}) {
        check_tampered_at(report, 0, 0);
    }
}

TEST_CASE("a recovery's reason is held against the bytes, whether it describes them or not") {
    check_both(after_crash("torn",
                           [](CraftedLog&, RecoveryBody& body) {
                               body.file_bytes = kNotDescribed;
                               body.tail_hash = {};
                           }),
               Verdict::kClean);
    Crafted whole = after_crash("torn", [](CraftedLog&, RecoveryBody& body) {
        body.reason = RecoveryReason::kNotClosed;
        body.file_bytes = kNotDescribed;
        body.tail_hash = {};
    });
    check_both(whole, Verdict::kTampered);
    CHECK(whole->verify_keyless().frame == 2);
}

TEST_CASE(
    "a stated end that is no frame boundary is found at the frame that it cuts, or at the end") {
    for (int beyond : {-1, 1}) {
        CAPTURE(beyond);
        uint64_t end = 0;
        Crafted log = after_crash("", [&](CraftedLog&, RecoveryBody& body) {
            end = body.end_offset;
            body.end_offset += static_cast<uint64_t>(beyond);
        });
        VerifyReport report = log->verify_keyless();
        check_verdict(report, Verdict::kTampered);
        CHECK(report.segment == segment_file_name(0));
        CHECK_MESSAGE((beyond > 0 ? report.offset == end : report.offset < end), found(report));
        CHECK_MESSAGE(report.frame == (beyond > 0 ? 4 : 3), found(report));
    }
}
