// Frames are removed, doubled, exchanged, brought from elsewhere or signed again; checksums are
// right throughout.
#include <doctest/doctest.h>

#include "spool/local_keys.h"
#include "spool/seal.h"
#include "verify_rig.h"

using namespace llmtrail;

namespace {

Bytes frame_bytes(const Bytes& segment, const FramePlace& place) {
    return segment.substr(place.offset, place.size);
}

struct ClosedLog : VerifyRig {
    ClosedLog() {
        make_closed_log(*this, 8);
        whole = segment(0);
        places = frames_of(whole);
        REQUIRE(places.size() >= 12);
    }

    void check_with(const Bytes& bytes) {
        put(0, bytes);
        check_verdict(verify(), Verdict::kTampered);
        check_verdict(verify_keyless(), Verdict::kTampered);
    }

    Bytes whole;
    std::vector<FramePlace> places;
};

Bytes sign_again(Bytes segment, const FramePlace& place, const SigningKey& key) {
    FrameView frame;
    REQUIRE(split_frame(ByteView(segment).substr(place.offset), frame) == FrameFault::kNone);
    Result<SegmentHeader> header = decode_segment_header(segment);
    Bytes text = seal_signed_text(*header, frame.head,
                                  frame.body.substr(0, frame.body.size() - kSignatureBytes));
    Signature signature = key.sign(text);
    segment.replace(place.offset + place.size - kSignatureBytes, kSignatureBytes, view(signature));
    repair_frame(segment, place);
    return segment;
}

}  // namespace

TEST_CASE("a removed frame is found, renumbered or not; only a cut end looks like a crash") {
    ClosedLog log;
    for (size_t i = 0; i < log.places.size(); ++i) {
        CAPTURE(i);
        Bytes bytes = log.whole;
        bytes.erase(log.places[i].offset, log.places[i].size);
        bool at_end = i + 1 == log.places.size();
        log.put(0, bytes);
        VerifyReport report = log.verify();
        check_verdict(report, at_end ? Verdict::kOpenTail : Verdict::kTampered);
        if (!at_end) {
            CHECK(report.offset == log.places[i].offset);
            log.check_with(renumbered(bytes));
        }
    }
}

TEST_CASE("a doubled frame is found, renumbered or not") {
    ClosedLog log;
    for (size_t i = 0; i < log.places.size(); ++i) {
        CAPTURE(i);
        Bytes bytes = log.whole;
        bytes.insert(log.places[i].offset, frame_bytes(log.whole, log.places[i]));
        log.check_with(bytes);
        log.check_with(renumbered(bytes));
    }
}

TEST_CASE("two exchanged frames are found, renumbered or not") {
    ClosedLog log;
    for (size_t i = 0; i + 1 < log.places.size(); ++i) {
        CAPTURE(i);
        Bytes bytes = log.whole;
        size_t size = log.places[i].size + log.places[i + 1].size;
        bytes.replace(
            log.places[i].offset, size,
            frame_bytes(log.whole, log.places[i + 1]) + frame_bytes(log.whole, log.places[i]));
        log.check_with(bytes);
        log.check_with(renumbered(bytes));
    }
}

TEST_CASE("a frame from another spool, another generation or another segment is found") {
    ClosedLog log;
    VerifyRig other(2);
    make_closed_log(other, 8);
    VerifyRig standard;
    make_standard_log(standard);
    for (const Bytes& source :
         {other.segment(0), standard.segment(1), standard.segment(standard.last_segment())}) {
        std::vector<FramePlace> theirs = frames_of(source);
        for (size_t i = 0; i < std::min(theirs.size(), log.places.size()); ++i) {
            CAPTURE(i);
            Bytes bytes = log.whole;
            bytes.replace(log.places[i].offset, log.places[i].size, frame_bytes(source, theirs[i]));
            log.check_with(bytes);
            log.check_with(renumbered(bytes));
        }
    }
}

TEST_CASE("a seal signed again with another key is found at that seal") {
    ClosedLog log;
    SigningKey thief = *SigningKey::generate(log.random);
    int seals = 0;
    for (const FramePlace& place : log.places) {
        if (place.type != FrameType::kSeal) {
            continue;
        }
        ++seals;
        log.put(0, sign_again(log.whole, place, thief));
        check_tampered_at(log.verify_keyless(), 0, place.offset);
        // And a next key of the thief's own, so that what follows would be the thief's, too.
        Bytes bytes = log.whole;
        bytes.replace(place.offset + kFrameHeaderBytes + 128, kPublicKeyBytes,
                      view(thief.public_key()));
        repair_frame(bytes, place);
        log.put(0, sign_again(bytes, place, thief));
        check_tampered_at(log.verify_keyless(), 0, place.offset);
    }
    CHECK(seals >= 4);
}

TEST_CASE(
    "a log cut at a frame and sealed again with the identity key is found: seals are not signed "
    "with it") {
    ClosedLog log;
    LocalKeys keys = *load_local_keys(log.disk, log.options.key_directory);
    for (size_t i = 4; i < log.places.size(); ++i) {
        const FramePlace& place = log.places[i];
        if (place.type != FrameType::kSeal) {
            continue;
        }
        Bytes bytes =
            sign_again(log.whole.substr(0, place.offset + place.size), place, keys.identity);
        log.put(0, bytes);
        check_tampered_at(log.verify_keyless(), 0, place.offset);
    }
}

TEST_CASE(
    "a log cut at any frame of its last segment is OPEN_TAIL, in an earlier segment TAMPERED") {
    VerifyRig rig;
    make_closed_log(rig, 2, 7, 3);
    for (uint64_t no : {uint64_t{1}, rig.last_segment()}) {
        bool last = no == rig.last_segment();
        Bytes whole = rig.segment(no);
        for (const FramePlace& place : frames_of(whole)) {
            rig.put(no, ByteView(whole).substr(0, place.offset + place.size));
            if (place.offset + place.size < whole.size()) {
                check_verdict(rig.verify_keyless(), last ? Verdict::kOpenTail : Verdict::kTampered);
            }
        }
        rig.put(no, whole);
    }
}
