// Segments of a version that is not known here: believed where the right key began them, forged
// everywhere else.
#include <doctest/doctest.h>

#include <memory>

#include "crafted_log.h"
#include "experiment_rig.h"
#include "spool/leaf_file.h"

using namespace llmtrail;

namespace {

using HeaderChange = void (*)(SegmentHeader&);

void unchanged(SegmentHeader&) {}

SigningKey strange_key() {
    FakeRandom random(77);
    return *SigningKey::generate(random);
}

// Ends with a seal of these reasons, or with none; what follows is of a later version.
struct Succession {
    uint32_t closing = 0;
    bool same_generation = false;
    HeaderChange change = unchanged;
};

std::unique_ptr<CraftedLog> later_after(const Succession& succession, bool forged) {
    auto log = std::make_unique<CraftedLog>();
    log->begin();
    log->batch();
    if (succession.closing != 0) {
        log->seal(succession.closing);
    }
    SigningKey right =
        succession.same_generation
            ? log->next_key()
            : *SigningKey::from_seed(Secret::copy_of(log->identity().seed().reveal()));
    SigningKey signer = forged ? strange_key() : std::move(right);
    log->next_segment(signer, [&](SegmentHeader& header) {
        header.generation += succession.same_generation ? 0 : 1;
        succession.change(header);
    });
    log->become_later(signer);
    return log;
}

void check_second(CraftedLog& log, Verdict expected) {
    for (const VerifyReport& report : {log.verify(), log.verify_keyless()}) {
        check_verdict(report, expected);
        CHECK_MESSAGE(report.segment == segment_file_name(1), found(report));
        CHECK_MESSAGE(report.offset == 0, found(report));
    }
}

const Succession kSuccessions[] = {{kSealSegmentEnd, true},
                                   {kSealSegmentEnd, false},
                                   {kSealCleanShutdown, false},
                                   {kSealForced, false},
                                   {0, false}};

// A log of two segments with its last one cut, and the segment that the writer begins after that.
struct TornLog : Experiment {
    explicit TornLog(size_t cut_to) {
        make_closed_log(*this, 2, 7, 2);
        keep_checkpoint();
        Bytes bytes = segment(1);
        size_t cut_at = cut_to != 0 ? cut_to : frames_of(bytes)[3].offset + 80;
        put(1, ByteView(bytes).substr(0, cut_at));
        check_verdict(verify_keyless(), Verdict::kTornTail);
        torn_at = verify_keyless().offset;
        std::unique_ptr<SpoolWriter> writer = std::move(*open());
        REQUIRE(last_segment() == 2);
        next = segment(2);
        identity = std::move(load_local_keys(disk, options.key_directory)->identity);
    }

    void put_later(const SigningKey& signer, HeaderChange change = unchanged) {
        SegmentHeader header = *decode_segment_header(next);
        change(header);
        Bytes bytes = encode_segment_header(header, signer);
        make_later(bytes, signer);
        put(2, bytes);
    }

    void check_torn_end(Verdict expected) {
        for (const VerifyReport& report : {verify(), verify_keyless(), anchored()}) {
            check_verdict(report, expected);
            CHECK_MESSAGE(report.segment == segment_file_name(1), found(report));
            CHECK_MESSAGE(report.offset == torn_at, found(report));
        }
    }

    Bytes next;
    size_t torn_at = 0;
    SigningKey identity = strange_key();
};

}  // namespace

TEST_CASE("a later version is believed from the key that must begin the segment, and no other") {
    for (const Succession& succession : kSuccessions) {
        CAPTURE(succession.closing);
        CAPTURE(succession.same_generation);
        check_second(*later_after(succession, false), Verdict::kCannotVerify);
        check_second(*later_after(succession, true), Verdict::kTampered);
    }
    // The key that a seal names begins nothing unless that seal ends its segment.
    check_second(*later_after({kSealForced, true}, false), Verdict::kTampered);
}

TEST_CASE("a later version is believed where it goes on with the log, and nowhere else") {
    const std::pair<const char*, HeaderChange> breaches[] = {
        {"number", [](SegmentHeader& header) { header.segment_no += 1; }},
        {"log id",
         [](SegmentHeader& header) { header.log_id[0] = static_cast<char>(header.log_id[0] ^ 1); }},
        {"identity", [](SegmentHeader& header) { flip_first(header.identity_hash); }},
        {"generation", [](SegmentHeader& header) { header.generation -= 2; }},
        {"chain", [](SegmentHeader& header) { flip_first(header.prev_chain); }},
        {"first index", [](SegmentHeader& header) { header.first_index += 1; }},
    };
    for (const auto& [name, breach] : breaches) {
        CAPTURE(name);
        check_second(*later_after({kSealForced, false, breach}, false), Verdict::kTampered);
    }
}

TEST_CASE("a torn end is left open by a later version that the identity key began there") {
    // In a frame, in the header, in the first frame.
    for (size_t cut_to : {size_t{0}, size_t{200}, size_t{kHeaderBytesMin + 32 * 3 + 80}}) {
        CAPTURE(cut_to);
        TornLog log(cut_to);
        log.put_later(log.identity);
        log.check_torn_end(Verdict::kCannotVerify);
        log.put_later(strange_key());
        log.check_torn_end(Verdict::kTampered);
        log.put_later(log.identity, [](SegmentHeader& header) { flip_first(header.prev_chain); });
        log.check_torn_end(Verdict::kTampered);
        log.put_later(log.identity, [](SegmentHeader& header) { header.segment_no += 1; });
        log.check_torn_end(Verdict::kTampered);
    }
}

TEST_CASE("damage before a later version is TAMPERED, whoever began that") {
    TornLog log(0);
    log.put_later(log.identity);
    Bytes bytes = log.segment(1);
    flip(bytes, frames_of(bytes)[1].offset + 70);
    log.put(1, bytes);
    log.expect_tampered();
}

TEST_CASE("a cut that is covered with a forged later version is TAMPERED") {
    Experiment log = Experiment::closed(2, 2);
    Bytes whole = log.segment(1);
    Bytes forged = whole;
    make_later(forged, strange_key());
    std::vector<FramePlace> places = frames_of(whole);
    for (size_t cut : {places.back().offset, places.back().offset + 30, size_t{200}}) {
        CAPTURE(cut);
        log.put(1, ByteView(whole).substr(0, cut));
        log.put(2, forged);
        log.expect_tampered();
        log.remove(2);
        log.put(1, forged);
        log.expect_tampered();
    }
}

TEST_CASE("the first segment of a later version: another log's is not judged, a forged one is") {
    Experiment log = Experiment::closed(1);
    Bytes whole = log.segment(0);
    Bytes bytes = whole;
    make_later(bytes, strange_key());
    log.put(0, bytes);
    log.expect_tampered();
    Experiment other(2);
    make_closed_log(other, 1);
    bytes = other.segment(0);
    bytes[8] = 2;
    sign_header(other, bytes);
    log.put(0, bytes);
    log.expect(Verdict::kCannotVerify, Verdict::kTampered);
}

TEST_CASE("a leaf file of a later version is believed like a segment") {
    Experiment log = Experiment::closed(1);
    Bytes segment = log.segment(0);
    log.remove(0);
    auto leaf_of = [&](Bytes header) {
        header.resize(*segment_header_size(header));
        Bytes leaf(kLeafMagic);
        put_u16(leaf, 2);
        put_u16(leaf, 0);
        put_u32(leaf, static_cast<uint32_t>(header.size()));
        leaf += header;
        put_u32(leaf, crc32c(leaf));
        return leaf;
    };
    LocalKeys keys = *load_local_keys(log.disk, log.options.key_directory);
    make_later(segment, keys.identity);
    log.disk.put_file(log.path(leaf_file_name(0)), leaf_of(segment));
    log.expect(Verdict::kCannotVerify, Verdict::kCannotVerify);
    make_later(segment, strange_key());
    log.disk.put_file(log.path(leaf_file_name(0)), leaf_of(segment));
    log.expect_tampered();
}
