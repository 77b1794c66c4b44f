// Whole segments are removed, exchanged or renamed; keys are missing, wrong or exchanged.
#include <doctest/doctest.h>

#include "verify_rig.h"

using namespace llmtrail;

namespace {

constexpr uint64_t kExplainsTornEnd = 5;  // begins generation 3 of the standard log

struct SegmentedLog : VerifyRig {
    SegmentedLog() {
        make_standard_log(*this);
        last = last_segment();
        REQUIRE(last >= 4);
        for (uint64_t no = 0; no <= last; ++no) {
            contents.push_back(segment(no));
        }
    }

    void restore() {
        for (uint64_t no = 0; no <= last; ++no) {
            put(no, contents[no]);
        }
        remove(last + 1);
    }

    Bytes keys(uint64_t no) { return disk.content(path(keys_file_name(no))); }

    void put_keys(uint64_t no, ByteView bytes) { disk.put_file(path(keys_file_name(no)), bytes); }

    uint64_t last = 0;
    std::vector<Bytes> contents;
};

}  // namespace

TEST_CASE("a removed segment is found, the first and those of an earlier generation not excepted") {
    SegmentedLog log;
    for (uint64_t no = 0; no < log.last; ++no) {
        log.remove(no);
        VerifyReport report = log.verify();
        check_verdict(report, Verdict::kTampered);
        // The torn end of generation 2 is what is left to see when its explanation is gone.
        uint64_t seen = no == kExplainsTornEnd ? no - 1 : no;
        CHECK_MESSAGE(report.segment == segment_file_name(seen), found(report));
        log.restore();
    }
    log.remove(log.last);
    check_verdict(log.verify(), Verdict::kOpenTail);
}

TEST_CASE("a removed segment is found when all later ones move up to fill its number") {
    SegmentedLog log;
    for (uint64_t gone = 0; gone < log.last; ++gone) {
        for (uint64_t no = gone; no < log.last; ++no) {
            log.put(no, log.contents[no + 1]);
        }
        log.remove(log.last);
        check_verdict(log.verify_keyless(), Verdict::kTampered);
        log.restore();
    }
}

TEST_CASE("exchanged and doubled segments are found") {
    SegmentedLog log;
    for (uint64_t a = 0; a <= log.last; ++a) {
        for (uint64_t b = 0; b <= log.last; ++b) {
            if (a == b) {
                continue;
            }
            log.put(a, log.contents[b]);
            check_verdict(log.verify(), Verdict::kTampered);  // b is there twice
            log.put(b, log.contents[a]);
            check_verdict(log.verify_keyless(), Verdict::kTampered);
            log.restore();
        }
    }
    log.put(log.last + 1, log.contents[log.last]);
    check_tampered_at(log.verify(), log.last + 1, 0);
}

TEST_CASE("a segment of another log with the same number is found") {
    SegmentedLog log;
    VerifyRig other(2);
    make_standard_log(other);
    for (uint64_t no = 1; no <= std::min(log.last, other.last_segment()); ++no) {
        log.put(no, other.segment(no));
        check_verdict(log.verify(), Verdict::kTampered);
        log.restore();
    }
    log.put(0, other.segment(0));
    check_verdict(log.verify(), Verdict::kCannotVerify);
}

TEST_CASE("a segment number far away is a gap, not a loop") {
    SegmentedLog log;
    log.put(uint64_t{1} << 63, log.contents[0]);
    log.disk.reset_count();
    check_tampered_at(log.verify(), log.last + 1, 0);
    CHECK(log.disk.operations() < 1000);
}

TEST_CASE("a key file that is missing without a word in the log makes the content unverifiable") {
    SegmentedLog log;
    log.disk.remove_file(log.path(keys_file_name(1)));
    VerifyReport report = log.verify();
    check_verdict(report, Verdict::kCannotVerify);
    CHECK(report.segment == segment_file_name(1));
    CHECK(report.reason.find(keys_file_name(1)) != std::string::npos);
    CHECK_FALSE(report.content_checked);
    CHECK(report.unopened_segments == 1);
    CHECK(report.first_unopened == segment_file_name(1));
    for (const SectionReach& reach : report.sections) {
        CHECK(reach.unchecked == 1);
        CHECK(reach.checked == log.last);
    }
    check_verdict(log.verify_keyless(), Verdict::kClean);  // nobody asked for the content
    // Its chain, tree and seals still are checked.
    Bytes bytes = log.contents[1];
    FramePlace place = find_frame(bytes, FrameType::kBatch);
    flip(bytes, place.offset + place.size - 1);
    repair_frame(bytes, place);
    log.put(1, bytes);
    report = log.verify();
    check_verdict(report, Verdict::kTampered);
    CHECK(report.segment == segment_file_name(1));
}

TEST_CASE("another host's local key opens nothing: that CANNOT be called verified") {
    SegmentedLog log;
    VerifyRig other(2);
    make_closed_log(other, 1);
    log.disk.put_file("/other/local.key", other.disk.content("/state/keys/local.key"));
    log.disk.put_file("/other/identity.key", other.disk.content("/state/keys/identity.key"));
    VerifyReport report = verify_spool({log.options.directory, "/other", kTrustPath}, log.disk);
    check_verdict(report, Verdict::kCannotVerify);
    CHECK_FALSE(report.content_checked);
    CHECK(report.unopened_segments == log.last + 1);
}

TEST_CASE("exchanged, damaged and grafted key files are CANNOT_VERIFY, not TAMPERED") {
    SegmentedLog log;
    Bytes first = log.keys(0);
    Bytes second = log.keys(1);
    log.put_keys(0, second);
    log.put_keys(1, first);
    VerifyReport report = log.verify();
    check_verdict(report, Verdict::kCannotVerify);
    CHECK(report.segment == segment_file_name(0));
    check_verdict(log.verify_keyless(), Verdict::kClean);
    log.put_keys(0, first);
    for (size_t at = 0; at < second.size(); at += 5) {
        CAPTURE(at);
        Bytes damaged = second;
        flip(damaged, at);
        log.put_keys(1, damaged);
        check_verdict(log.verify(), Verdict::kCannotVerify);
    }
    // The other segment's wraps under this segment's number, checksum right.
    Bytes grafted = first;
    grafted.replace(28, 8, second.substr(28, 8));
    Bytes crc;
    put_u32(crc, crc32c(ByteView(grafted).substr(0, grafted.size() - 4)));
    grafted.replace(grafted.size() - 4, 4, crc);
    log.put_keys(1, grafted);
    check_verdict(log.verify(), Verdict::kCannotVerify);
    for (const Bytes& bytes : {Bytes(), Bytes("x"), Bytes(5000, '\0')}) {
        log.put_keys(1, bytes);
        check_verdict(log.verify(), Verdict::kCannotVerify);
    }
}

TEST_CASE("keys that do not open outweigh a torn tail, and a manipulation outweighs both") {
    SegmentedLog log;
    log.put_keys(0, log.keys(1));
    log.put(log.last,
            ByteView(log.contents[log.last]).substr(0, log.contents[log.last].size() - 10));
    check_verdict(log.verify_keyless(), Verdict::kTornTail);
    check_verdict(log.verify(), Verdict::kCannotVerify);
    Bytes bytes = log.contents[1];
    flip(bytes, bytes.size() - 1);
    log.put(1, bytes);
    check_verdict(log.verify(), Verdict::kTampered);
}

TEST_CASE("a private key file that others may read is not used") {
    SegmentedLog log;
    log.disk.put_file("/state/keys/local.key", log.disk.content("/state/keys/local.key"), 0644);
    check_verdict(log.verify(), Verdict::kCannotVerify);
}
