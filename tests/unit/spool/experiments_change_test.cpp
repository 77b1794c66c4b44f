// Experiments 16 to 31: bytes are changed, removed, doubled, moved or brought from elsewhere, below
// the last seal. Every one is TAMPERED, with keys and without, with a checkpoint and without.
#include <doctest/doctest.h>

#include "experiment_rig.h"

using namespace llmtrail;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kBitStride = 61;
#else
constexpr size_t kBitStride = 1;
#endif

template <typename Visit>
void for_each_frame(const Experiment& log, Visit visit) {
    for (uint64_t no = 0; no <= log.last_segment(); ++no) {
        Bytes whole = log.segment(no);
        for (const FramePlace& place : frames_of(whole)) {
            visit(no, whole, place);
        }
    }
}

Bytes bytes_of(const Bytes& segment, const FramePlace& place) {
    return segment.substr(place.offset, place.size);
}

// Batches that a seal and a later frame follow.
std::vector<FramePlace> sealed_batches(const Bytes& segment) {
    std::vector<FramePlace> found;
    for (const FramePlace& place : frames_of(segment)) {
        if (place.type == FrameType::kBatch) {
            found.push_back(place);
        }
    }
    REQUIRE(found.size() >= 2);
    return found;
}

}  // namespace

TEST_CASE("experiment 16: a flipped bit is TAMPERED") {
    Experiment log = Experiment::closed(1, 2);
    for (uint64_t no = 0; no <= log.last_segment(); ++no) {
        Bytes whole = log.segment(no);
        Bytes bytes = whole;
        for (size_t bit = 0; bit < whole.size() * 8; bit += kBitStride) {
            CAPTURE(no);
            CAPTURE(bit);
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
            log.put(no, bytes);
            VerifyReport report = log.anchored(bit % 3 != 0);
            bytes[bit / 8] = whole[bit / 8];
            check_verdict(report, Verdict::kTampered);
        }
        log.put(no, whole);
    }
}

TEST_CASE("experiments 17, 18 and 19: bytes overwritten, zeroed or taken out of the middle") {
    Experiment log = Experiment::standard();
    FakeRandom random(17);
    for (int i = 0; i < 60; ++i) {
        CAPTURE(i);
        uint64_t no = random.below(log.last_segment());
        size_t header = *segment_header_size(log.segment(no));
        size_t at =
            header + static_cast<size_t>(random.below(log.segment(no).size() - header - 40));
        size_t size = 1 + static_cast<size_t>(random.below(200));
        log.expect_tampered_with(no, [&](Bytes& bytes) {
            Bytes noise(std::min(size, bytes.size() - at), '\0');
            (void)random.fill(noise.data(), noise.size());
            bytes.replace(at, noise.size(), noise);
        });
        log.expect_tampered_with(no, [&](Bytes& bytes) {
            size_t until = std::min(at + size + 40, bytes.size());
            bytes.replace(at, until - at, until - at, '\0');
        });
        log.expect_tampered_with(no, [&](Bytes& bytes) { bytes.erase(at, size); });
    }
}

TEST_CASE(
    "experiments 20 and 21: a batch taken out, as it is and with all numbers made to follow") {
    Experiment log = Experiment::closed(6);
    for (const FramePlace& place : sealed_batches(log.segment(0))) {
        log.expect_tampered_with(0, [&](Bytes& bytes) { bytes.erase(place.offset, place.size); });
        log.expect_tampered_with(0, [&](Bytes& bytes) {
            bytes.erase(place.offset, place.size);
            bytes = renumbered(bytes);
        });
    }
}

TEST_CASE("experiments 22 and 23: a batch doubled, two neighbours exchanged") {
    Experiment log = Experiment::closed(6);
    std::vector<FramePlace> places = frames_of(log.segment(0));
    for (size_t i = 3; i + 1 < places.size(); ++i) {
        const FramePlace& here = places[i];
        const FramePlace& next = places[i + 1];
        log.expect_tampered_with(
            0, [&](Bytes& bytes) { bytes.insert(here.offset, bytes_of(bytes, here)); });
        log.expect_tampered_with(0, [&](Bytes& bytes) {
            Bytes exchanged = bytes_of(bytes, next) + bytes_of(bytes, here);
            bytes.replace(here.offset, exchanged.size(), exchanged);
            bytes = renumbered(bytes);
        });
    }
}

TEST_CASE("experiment 24: batches exchanged between segments") {
    Experiment log = Experiment::closed(3, 2);
    Bytes first = log.segment(0);
    Bytes second = log.segment(1);
    FramePlace a = find_frame(first, FrameType::kBatch);
    FramePlace b = find_frame(second, FrameType::kBatch);
    Bytes from_first = bytes_of(first, a);
    Bytes from_second = bytes_of(second, b);
    first.replace(a.offset, a.size, from_second);
    second.replace(b.offset, b.size, from_first);
    log.put(0, renumbered(first));
    log.put(1, renumbered(second));
    log.expect_tampered();
}

TEST_CASE("experiment 25: a changed ciphertext with its checksum right, located with keys") {
    Experiment log = Experiment::closed(4, 2);
    for_each_frame(log, [&](uint64_t no, const Bytes& whole, const FramePlace& place) {
        if (place.type != FrameType::kBatch) {
            return;
        }
        Bytes bytes = whole;
        flip(bytes, place.offset + place.size - 20);
        repair_frame(bytes, place);
        log.put(no, bytes);
        log.expect_tampered();
        VerifyReport report = log.verify();
        check_tampered_at(report, no, place.offset);
        CHECK_FALSE(report.section.empty());
        log.put(no, whole);
    });
}

TEST_CASE("experiments 26, 28 and 29: each byte of frame headers, types, masks and leaf tables") {
    Experiment log = Experiment::closed(2, 2);
    for_each_frame(log, [&](uint64_t no, const Bytes& whole, const FramePlace& place) {
        size_t clear = place.type == FrameType::kBatch ? 36 : 0;  // count and first leaf
        for (size_t at = 4; at < kFrameHeaderBytes + clear; at += 3) {
            if (at >= kFrameHeaderClearBytes && at < kFrameHeaderBytes) {
                continue;  // the checksums
            }
            CAPTURE(at);
            Bytes bytes = whole;
            flip(bytes, place.offset + at);
            repair_frame(bytes, place);
            log.put(no, bytes);
            log.expect_tampered();
        }
        log.put(no, whole);
    });
}

TEST_CASE("experiment 27: each byte of segment headers with its checksum right") {
    Experiment log = Experiment::closed(1, 3);
    for (uint64_t no = 0; no <= log.last_segment(); ++no) {
        Bytes whole = log.segment(no);
        size_t header = *segment_header_size(whole);
        for (size_t at = 10; at < header - 4; at += 5) {
            bool suite_or_flags = (at >= 16 && at < 20) || (at >= 96 && at < 100);
            bool whose = no == 0 && at >= 328 && at < 360;
            if (suite_or_flags || whose) {
                continue;  // experiments 40 and 49
            }
            CAPTURE(at);
            log.expect_tampered_with(no, [&](Bytes& bytes) {
                flip(bytes, at);
                repair_header(bytes, header);
            });
        }
    }
}

TEST_CASE("experiments 30 and 31: frames of another host and of an older generation") {
    Experiment log = Experiment::standard();
    Experiment other = Experiment::standard(2);
    uint64_t last = log.last_segment();
    for (const Bytes& source : {other.segment(last), log.segment(0)}) {
        std::vector<FramePlace> theirs = frames_of(source);
        std::vector<FramePlace> ours = frames_of(log.segment(last));
        for (size_t i = 0; i < std::min(theirs.size(), ours.size()); ++i) {
            CAPTURE(i);
            Bytes whole = log.segment(last);
            Bytes bytes = whole;
            bytes.replace(ours[i].offset, ours[i].size, bytes_of(source, theirs[i]));
            log.put(last, renumbered(bytes));
            if (i + 1 < ours.size()) {
                log.expect_tampered();
            } else {  // in the place of the closing seal no seal covers it: its tag alone tells
                check_verdict(log.verify(), Verdict::kTampered);
                check_verdict(log.anchored(), Verdict::kTampered);
                CHECK_FALSE(log.verify_keyless().verdict == Verdict::kClean);
                CHECK_FALSE(log.anchored(false).verdict == Verdict::kClean);
            }
            log.put(last, whole);
        }
    }
}
