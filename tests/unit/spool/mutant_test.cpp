// The verifier against chance: every bit of a log flipped, seeded mutants of many kinds, power
// cuts, absurd numbers.
#include <doctest/doctest.h>

#include "base/hex.h"
#include "verify_rig.h"

using namespace llmtrail;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kBitStride = 37;  // coprime with 8: every bit of a byte has its turn
#else
constexpr size_t kBitStride = 1;
#endif
constexpr int kMutants = 3400;
constexpr int kMutantKinds = 18;
constexpr int kPowerCutsPerKind = 250;

struct Mutant {
    const char* name = "";
    uint64_t segment_no = 0;
    bool changed = true;
};

size_t any_place(const Bytes& bytes, FakeRandom& random) {
    return static_cast<size_t>(random.below(bytes.size()));
}

Bytes random_bytes(size_t size, FakeRandom& random) {
    Bytes bytes(size, '\0');
    (void)random.fill(bytes.data(), size);
    return bytes;
}

// Changes one segment's bytes. `other` is a segment of another log.
const char* change_bytes(uint64_t kind, Bytes& bytes, const Bytes& other, FakeRandom& random) {
    std::vector<FramePlace> places = frames_of(bytes);
    FramePlace place = places[static_cast<size_t>(random.below(places.size()))];
    size_t at = any_place(bytes, random);
    size_t size = static_cast<size_t>(1 + random.below(200));
    switch (kind) {
        case 0:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
            return "bit flipped";
        case 1:
            bytes.replace(at, size, random_bytes(std::min(size, bytes.size() - at), random));
            return "overwritten";
        case 2:
            bytes.replace(at, size, Bytes(std::min(size, bytes.size() - at), '\0'));
            return "zeroed";
        case 3:
            bytes.erase(at, size);
            return "bytes removed";
        case 4:
            bytes.insert(at, random_bytes(size, random));
            return "bytes inserted";
        case 5:
            bytes.resize(at);
            return "cut";
        case 6:
            bytes.resize(place.offset);
            return "cut at a frame";
        case 7:
            bytes.insert(place.offset, bytes.substr(place.offset, place.size));
            return "frame doubled";
        case 8:
            bytes.erase(place.offset, place.size);
            return "frame removed";
        case 9:
            bytes.append(random_bytes(size, random));
            return "garbage appended";
        case 10:
            bytes.append(size * 40, '\0');
            return "zeros appended";
        case 11:
            flip(bytes, place.offset + static_cast<size_t>(random.below(kFrameHeaderClearBytes)));
            repair_frame(bytes, place);
            return "frame header changed, checksums right";
        case 12:
            flip(bytes, place.offset + kFrameHeaderBytes +
                            static_cast<size_t>(random.below(place.size - kFrameHeaderBytes)));
            repair_frame(bytes, place);
            return "frame body changed, checksums right";
        case 13: {
            size_t header = *segment_header_size(bytes);
            flip(bytes, static_cast<size_t>(random.below(header - 4)));
            repair_header(bytes, header);
            return "segment header changed, checksum right";
        }
        default: {
            std::vector<FramePlace> theirs = frames_of(other);
            FramePlace their = theirs[static_cast<size_t>(random.below(theirs.size()))];
            bytes.replace(place.offset, place.size, other.substr(their.offset, their.size));
            return "frame of another log";
        }
    }
}

class MutantLog {
 public:
    explicit MutantLog(const VerifyRig& other) : other_(other) {
        make_standard_log(rig_);
        last_ = rig_.last_segment();
        for (uint64_t no = 0; no <= last_; ++no) {
            originals_.push_back(rig_.segment(no));
        }
        VerifyReport report = rig_.verify();
        KeptCheckpoint checkpoint;
        checkpoint.tree_size = report.tree_size;
        Bytes root = *from_hex(report.root_hex);
        std::copy(root.begin(), root.end(), checkpoint.root.begin());
        kept_.list = {checkpoint};
        kept_.files = {"siem"};
    }

    Mutant make(FakeRandom& random) {
        Mutant mutant;
        mutant.segment_no = random.below(last_ + 1);
        uint64_t second = random.below(last_ + 1);
        uint64_t kind = random.below(kMutantKinds);
        if (kind == 15) {
            mutant.name = "segments exchanged";
            mutant.changed = mutant.segment_no != second;
            rig_.put(mutant.segment_no, originals_[second]);
            rig_.put(second, originals_[mutant.segment_no]);
        } else if (kind == 16) {
            mutant.name = "segment removed";
            rig_.remove(mutant.segment_no);
        } else if (kind == 17) {
            mutant.name = "segment of another log";
            rig_.put(mutant.segment_no,
                     other_.segment(mutant.segment_no % (other_.last_segment() + 1)));
        } else {
            Bytes bytes = originals_[mutant.segment_no];
            mutant.name = change_bytes(kind, bytes, other_.segment(0), random);
            mutant.changed = bytes != originals_[mutant.segment_no];
            rig_.put(mutant.segment_no, bytes);
        }
        return mutant;
    }

    void restore() {
        for (uint64_t no = 0; no <= last_; ++no) {
            if (rig_.segment(no) != originals_[no]) {
                rig_.put(no, originals_[no]);
            }
        }
    }

    VerifyReport verify(bool with_keys) {
        return with_keys ? rig_.verify() : rig_.verify_keyless();
    }

    // With a checkpoint of the log as it was.
    VerifyReport verify_anchored(bool with_keys) {
        VerifyOptions asked{rig_.options.directory, with_keys ? rig_.options.key_directory : "",
                            kTrustPath};
        asked.kept = kept_;
        return verify_spool(asked, rig_.disk);
    }

    uint64_t last() const { return last_; }

    uint64_t tree_size() const { return kept_.list[0].tree_size; }

 private:
    VerifyRig rig_;
    const VerifyRig& other_;
    std::vector<Bytes> originals_;
    KeptCheckpoints kept_;
    uint64_t last_ = 0;
};

void live_through_power_cuts(PowerCut kind, uint64_t seed) {
    FakeRandom random(seed);
    std::map<Verdict, int> seen;
    for (int i = 0; i < kPowerCutsPerKind; ++i) {
        CAPTURE(i);
        VerifyRig rig(seed * 1000 + static_cast<uint64_t>(i));
        rig.options.segment_bytes_max = 8500 + random.below(4000);
        FakeRandom shapes(random.next());
        for (uint64_t life = 0; life < 3; ++life) {
            Workload work;
            rig.disk.stop_after(10 + random.below(life == 0 ? 150 : 60));
            {
                Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
                if (writer && work.run(rig, **writer, 6, shapes) && random.below(4) == 0) {
                    (void)(*writer)->close();
                }
            }
            rig.disk.power_cut(kind, random);
            if (rig.segments().empty()) {
                continue;
            }
            rig.keep_trust();
            VerifyReport report = random.below(3) == 0 ? rig.verify() : rig.verify_keyless();
            bool good = report.verdict == Verdict::kClean || report.verdict == Verdict::kOpenTail ||
                        report.verdict == Verdict::kTornTail;
            CHECK_MESSAGE(good, found(report));
            ++seen[report.verdict];
        }
        Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
        REQUIRE_MESSAGE(writer, writer.error().message);
        REQUIRE((*writer)->close());
        rig.keep_trust();
        check_verdict(rig.verify(), Verdict::kClean);
    }
    CHECK(seen[Verdict::kOpenTail] > 50);
    if (kind == PowerCut::kPrefix || kind == PowerCut::kZeroPages) {
        CHECK(seen[Verdict::kTornTail] > 10);
    }
    MESSAGE("CLEAN " << seen[Verdict::kClean] << ", OPEN_TAIL " << seen[Verdict::kOpenTail]
                     << ", TORN_TAIL " << seen[Verdict::kTornTail]);
}

}  // namespace

TEST_CASE("no flipped bit of a log, its header, its keys included, leaves it CLEAN") {
    VerifyRig rig;
    make_closed_log(rig, 1, 7, 2);
    uint64_t flips = 0;
    uint64_t bytes_in_all = 0;
    for (const std::string& name : rig.disk.names(rig.options.directory)) {
        if (!name.starts_with("seg-")) {
            continue;
        }
        Bytes whole = rig.disk.content(rig.path(name));
        bytes_in_all += whole.size();
        Bytes bytes = whole;
        for (size_t bit = flips % kBitStride; bit < whole.size() * 8; bit += kBitStride) {
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
            rig.disk.put_file(rig.path(name), bytes);
            VerifyReport report = rig.verify();
            bytes[bit / 8] = whole[bit / 8];
            ++flips;
            if (report.verdict == Verdict::kClean || report.verdict == Verdict::kOpenTail ||
                report.verdict == Verdict::kTornTail) {
                FAIL_CHECK(name << " bit " << bit << ": " << found(report));
            }
        }
        rig.disk.put_file(rig.path(name), whole);
    }
    CHECK(bytes_in_all <= 20'000);
    CHECK(flips >= bytes_in_all * 8 / kBitStride);
    MESSAGE(flips << " bits of " << bytes_in_all << " bytes");
    check_verdict(rig.verify(), Verdict::kClean);
}

TEST_CASE(
    "no mutant of a log is CLEAN, only changes at its end look like a crash, none with a "
    "checkpoint") {
    VerifyRig other(2);
    make_standard_log(other, 8);
    MutantLog log(other);
    FakeRandom random(2026);
    std::map<std::string, std::map<Verdict, int>> seen;
    int made = 0;
    int cut_seals = 0;
    for (int i = 0; i < kMutants; ++i) {
        log.restore();
        Mutant mutant = log.make(random);
        if (mutant.changed) {
            VerifyReport report = log.verify(i % 3 != 0);
            ++made;
            ++seen[mutant.name][report.verdict];
            bool tail =
                report.verdict == Verdict::kOpenTail || report.verdict == Verdict::kTornTail;
            if (report.verdict == Verdict::kClean || (tail && mutant.segment_no != log.last())) {
                FAIL_CHECK("mutant " << i << ", " << mutant.name << ", segment "
                                     << mutant.segment_no << ": " << found(report));
            }
            VerifyReport anchored = log.verify_anchored(i % 3 != 0);
            if (anchored.verdict == Verdict::kTampered) {
                continue;
            }
            // A seal cut off the end behind another one of as many leaves takes no record away.
            if (anchored.anchors == 1 && anchored.tree_size == log.tree_size()) {
                ++cut_seals;
            } else {
                FAIL_CHECK("mutant " << i << ", " << mutant.name
                                     << ", with a checkpoint: " << found(anchored));
            }
        }
    }
    log.restore();
    CHECK(made >= 3000);
    CHECK(cut_seals < made / 50);
    CHECK(seen.size() >= 12);
    for (auto& [name, verdicts] : seen) {
        MESSAGE(name << ": OPEN_TAIL " << verdicts[Verdict::kOpenTail] << ", TORN_TAIL "
                     << verdicts[Verdict::kTornTail] << ", TAMPERED "
                     << verdicts[Verdict::kTampered] << ", CANNOT_VERIFY "
                     << verdicts[Verdict::kCannotVerify]);
    }
    check_verdict(log.verify(true), Verdict::kClean);
    check_verdict(log.verify_anchored(true), Verdict::kClean);
}

TEST_CASE("a log that lives through power cuts is never TAMPERED: nothing unsynced survives") {
    live_through_power_cuts(PowerCut::kForget, 1);
}

TEST_CASE("a log that lives through power cuts is never TAMPERED: part of the tail survives") {
    live_through_power_cuts(PowerCut::kPrefix, 2);
}

TEST_CASE("a log that lives through power cuts is never TAMPERED: zero pages in the tail") {
    live_through_power_cuts(PowerCut::kZeroPages, 3);
}

TEST_CASE("a log that lives through kills is never TAMPERED") {
    live_through_power_cuts(PowerCut::kKeepAll, 4);
}

TEST_CASE("absurd lengths, counts and indexes cost no more work than the bytes that are there") {
    VerifyRig rig;
    make_closed_log(rig, 4);
    rig.disk.reset_count();
    check_verdict(rig.verify(), Verdict::kClean);
    uint64_t usual = rig.disk.operations();
    Bytes whole = rig.segment(0);
    auto check = [&](const Bytes& bytes) {
        rig.put(0, bytes);
        rig.disk.reset_count();
        check_verdict(rig.verify(), Verdict::kTampered);
        check_verdict(rig.verify_keyless(), Verdict::kTampered);
        CHECK(rig.disk.operations() <= 2 * usual + 20);
    };
    constexpr size_t kFour[] = {8, 12, 24, 28, 48, 52, 56, 60};  // numbers, lengths, counts, sizes
    for (const FramePlace& place : frames_of(whole)) {
        for (Bytes value :
             {Bytes("\xFF\xFF\xFF\xFF", 4), Bytes("\0\0\0\x80", 4), Bytes("\0\0\0\x08", 4)}) {
            for (size_t at : kFour) {
                Bytes bytes = whole;
                bytes.replace(place.offset + at, 4, value);
                repair_frame(bytes, place);
                check(bytes);
            }
        }
        for (Bytes value : {Bytes(8, '\xFF'), Bytes(7, '\0') + '\x80', Bytes(7, '\0') + '\x40'}) {
            Bytes bytes = whole;
            bytes.replace(place.offset + 16, 8, value);
            repair_frame(bytes, place);
            check(bytes);
            // Where counts and lengths of the body begin.
            bytes = whole;
            bytes.replace(place.offset + kFrameHeaderBytes, 8, value);
            repair_frame(bytes, place);
            check(bytes);
        }
    }
    for (size_t at : {size_t{12}, size_t{100}}) {
        Bytes bytes = whole;
        bytes.replace(at, 4, Bytes("\0\0\0\x80", 4));
        repair_header(bytes, frames_of(whole)[0].offset);
        check(bytes);
    }
    Bytes bytes = whole;
    bytes.replace(56, 8, Bytes(7, '\0') + '\x80');
    repair_header(bytes, frames_of(whole)[0].offset);
    check(bytes);
}

TEST_CASE("a file full of frame beginnings is judged with work bounded by its size") {
    VerifyRig rig;
    make_open_log(rig, 2);
    uint64_t last = rig.last_segment();
    Bytes whole = rig.segment(last);
    FramePlace place = frames_of(whole).back();
    // Headers with right checksums, each announcing nearly all that follows, then a torn beginning.
    FrameHeader header;
    header.leaf_count = 1;
    header.section_bytes[0] = 16;
    Bytes bait;
    constexpr size_t kBaits = 2000;
    for (size_t i = 0; i < kBaits; ++i) {
        header.frame_bytes = static_cast<uint32_t>((kBaits - i) * kFrameHeaderBytes - 8);
        header.clear_bytes = header.frame_bytes - 16 - static_cast<uint32_t>(kFrameHeaderBytes);
        if (header.frame_bytes < kFrameHeaderBytes + 16) {
            break;
        }
        Bytes one;
        put_frame_header(one, header);
        finish_frame(one, 0);
        one[68] = 'x';
        bait += one;
    }
    rig.put(last, whole.substr(0, place.offset + 40) + bait);
    uint64_t before = rig.disk.reads();
    VerifyReport report = rig.verify_keyless();
    check_verdict(report, Verdict::kTampered);
    CHECK(report.offset == place.offset);
    CHECK(rig.disk.reads() - before < 200);
}
