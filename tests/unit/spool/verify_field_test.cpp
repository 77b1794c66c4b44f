// Every field of every header is changed by somebody who makes the checksums right again.
#include <doctest/doctest.h>

#include "verify_rig.h"

using namespace llmtrail;

namespace {

struct Field {
    const char* name;
    size_t offset;
    size_t size;
    Verdict expected = Verdict::kTampered;
};

constexpr Field kHeaderFields[] = {
    {"magic", 0, 8},
    {"major", 8, 2},
    {"minor", 10, 2},
    {"header_len", 12, 4},
    {"incompatible flags", 16, 4},
    {"compatible flags", 20, 4},
    {"log_id", 24, 16},
    {"generation", 40, 8},
    {"segment_no", 48, 8},
    {"first_index", 56, 8},
    {"wall clock", 64, 8},
    {"monotonic clock", 72, 8},
    {"boot id", 80, 16},
    {"suite", 96, 4},
    {"frontier count", 100, 4},
    {"prev_chain", 104, 32},
    {"key commitment of the envelope", 136, 32},
    {"key commitment of the prompt", 168, 32},
    {"key commitment of the sources", 200, 32},
    {"key commitment of the output", 232, 32},
    {"segment_pk", 264, 32},
    {"first_seal_pk", 296, 32},
    {"identity hash", 328, 32},
    {"signature", 360, 64},  // or the frontier, where there is one
};

constexpr Field kFrameFields[] = {
    {"marker", 0, 4},       {"type", 4, 1},          {"section mask", 5, 1},
    {"flags", 6, 2},        {"frame_no", 8, 4},      {"frame_len", 12, 4},
    {"index", 16, 8},       {"leaf_count", 24, 4},   {"clear_len", 28, 4},
    {"wall clock", 32, 8},  {"salt", 40, 8},         {"envelope size", 48, 4},
    {"prompt size", 52, 4}, {"sources size", 56, 4}, {"output size", 60, 4},
};

constexpr Field kSealFields[] = {
    {"tree_size", 0, 8},       {"root", 8, 32},        {"chain", 40, 32},
    {"durable_index", 72, 8},  {"seal_no", 80, 8},     {"monotonic clock", 88, 8},
    {"clock status", 96, 4},   {"TAI offset", 100, 4}, {"estimated error", 104, 8},
    {"maximum error", 112, 8}, {"reasons", 120, 4},    {"zero", 124, 4},
    {"next_pk", 128, 32},      {"cursors", 160, 1},    {"ledger", 161, 1},
};

constexpr size_t kFrameNoAt = 8;
constexpr size_t kIndexAt = 16;

// The first byte, the last, and the top bit: small and huge values.
std::vector<Bytes> changes_of(const Bytes& bytes, size_t at, size_t size) {
    std::vector<Bytes> changed(3, bytes);
    flip(changed[0], at);
    flip(changed[1], at + size - 1);
    changed[2][at + size - 1] = static_cast<char>(changed[2][at + size - 1] ^ '\x80');
    return changed;
}

}  // namespace

TEST_CASE("a changed field of a segment header is found in that segment, checksums right") {
    VerifyRig rig;
    make_closed_log(rig, 1, 7, 3);
    REQUIRE(rig.last_segment() == 2);
    for (uint64_t no = 0; no <= rig.last_segment(); ++no) {
        Bytes whole = rig.segment(no);
        size_t header_bytes = *segment_header_size(whole);
        for (const Field& field : kHeaderFields) {
            for (Bytes& bytes : changes_of(whole, field.offset, field.size)) {
                CAPTURE(field.name);
                CAPTURE(no);
                repair_header(bytes, header_bytes);
                rig.put(no, bytes);
                bool other_log = no == 0 && std::string_view(field.name) == "identity hash";
                Verdict expected = other_log ? Verdict::kCannotVerify : Verdict::kTampered;
                for (const VerifyReport& report : {rig.verify(), rig.verify_keyless()}) {
                    check_verdict(report, expected);
                    CHECK_MESSAGE(report.segment == segment_file_name(no), found(report));
                    CHECK_MESSAGE(report.offset == 0, found(report));
                }
            }
        }
        rig.put(no, whole);
    }
    check_verdict(rig.verify(), Verdict::kClean);
}

TEST_CASE(
    "a changed field of a frame header is found: with keys at that frame, without at its seal at "
    "the latest") {
    VerifyRig rig;
    make_closed_log(rig, 2, 7, 2);
    for (uint64_t no = 0; no <= rig.last_segment(); ++no) {
        Bytes whole = rig.segment(no);
        for (const FramePlace& place : frames_of(whole)) {
            for (const Field& field : kFrameFields) {
                for (Bytes& bytes : changes_of(whole, place.offset + field.offset, field.size)) {
                    CAPTURE(field.name);
                    CAPTURE(place.offset);
                    repair_frame(bytes, place);
                    rig.put(no, bytes);
                    check_tampered_at(rig.verify(), no, place.offset);
                    VerifyReport keyless = rig.verify_keyless();
                    check_verdict(keyless, Verdict::kTampered);
                    CHECK(keyless.segment == segment_file_name(no));
                    CHECK(keyless.offset >= place.offset);
                    if (field.offset == kFrameNoAt || field.offset == kIndexAt) {
                        CHECK(keyless.offset == place.offset);
                    }
                }
            }
        }
        rig.put(no, whole);
    }
}

TEST_CASE(
    "a changed field of any seal is found at that seal, without keys, the last one not excepted") {
    VerifyRig rig;
    make_standard_log(rig);
    for (uint64_t no = 0; no <= rig.last_segment(); ++no) {
        Bytes whole = rig.segment(no);
        for (const FramePlace& place : frames_of(whole)) {
            if (place.type != FrameType::kSeal) {
                continue;
            }
            for (const Field& field : kSealFields) {
                for (Bytes& bytes : changes_of(
                         whole, place.offset + kFrameHeaderBytes + field.offset, field.size)) {
                    CAPTURE(field.name);
                    repair_frame(bytes, place);
                    rig.put(no, bytes);
                    check_tampered_at(rig.verify_keyless(), no, place.offset);
                }
            }
            // The tag and the signature.
            for (size_t back : {size_t{1}, size_t{64}, size_t{65}, size_t{80}}) {
                Bytes bytes = whole;
                flip(bytes, place.offset + place.size - back);
                repair_frame(bytes, place);
                rig.put(no, bytes);
                check_tampered_at(rig.verify_keyless(), no, place.offset);
            }
        }
        rig.put(no, whole);
    }
}

TEST_CASE("a flipped byte in a section is found in that section with keys, at its seal without") {
    VerifyRig rig;
    make_closed_log(rig, 2, 7, 2);
    std::array<int, kSectionCount> seen{};
    for (uint64_t no = 0; no <= rig.last_segment(); ++no) {
        Bytes whole = rig.segment(no);
        for (const FramePlace& place : frames_of(whole)) {
            FrameView frame;
            REQUIRE(split_frame(ByteView(whole).substr(place.offset), frame) == FrameFault::kNone);
            for (Section section : kSections) {
                size_t s = static_cast<size_t>(section);
                if (frame.sections[s].empty() || place.type != FrameType::kBatch) {
                    continue;
                }
                ++seen[s];
                size_t begin = static_cast<size_t>(frame.sections[s].data() - whole.data());
                for (size_t at : {begin, begin + frame.sections[s].size() / 2,
                                  begin + frame.sections[s].size() - 1}) {
                    Bytes bytes = whole;
                    flip(bytes, at);
                    rig.put(no, bytes);
                    check_tampered_at(rig.verify_keyless(), no, place.offset);  // by its checksum
                    repair_frame(bytes, place);
                    rig.put(no, bytes);
                    VerifyReport report = rig.verify();
                    check_tampered_at(report, no, place.offset);
                    CHECK(report.section == section_name(section));
                    report = rig.verify_keyless();
                    check_verdict(report, Verdict::kTampered);
                    CHECK(report.offset > place.offset);
                    CHECK(report.section.empty());
                }
            }
        }
        rig.put(no, whole);
    }
    for (int count : seen) {
        CHECK(count > 0);
    }
}

TEST_CASE(
    "a leaf exchanged in a leaf table is found at that frame with keys, at its seal without") {
    VerifyRig rig;
    make_closed_log(rig, 3);
    Bytes bytes = rig.segment(0);
    FramePlace place = find_frame(bytes, FrameType::kBatch);
    flip(bytes, place.offset + kFrameHeaderBytes + 4);
    repair_frame(bytes, place);
    rig.put(0, bytes);
    check_tampered_at(rig.verify(), 0, place.offset);
    VerifyReport keyless = rig.verify_keyless();
    check_verdict(keyless, Verdict::kTampered);
    CHECK(keyless.reason.find("tree") != std::string::npos);
}
