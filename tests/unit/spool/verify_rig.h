// What the verifier's tests share: logs with known histories, a way to find and change single
// frames with every checksum made right again, and the verdict with and without keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fakes/forged_header.h"
#include "spool/format.h"
#include "spool/frame.h"
#include "spool/local_keys.h"
#include "spool/segment_header.h"
#include "spool/verify.h"
#include "spool_rig.h"

namespace llmtrail {

inline constexpr const char* kTrustPath = "/trust/identity.pub";

struct FramePlace {
    size_t offset = 0;
    size_t size = 0;
    FrameType type = FrameType::kBatch;
};

struct VerifyRig : SpoolRig {
    explicit VerifyRig(uint64_t seed = 1) : SpoolRig(seed) {
        options.segment_bytes_max = uint64_t{1} << 20;  // a segment ends where a test says so
    }

    Bytes segment(uint64_t no) const { return disk.content(path(segment_file_name(no))); }

    void put(uint64_t no, ByteView bytes) { disk.put_file(path(segment_file_name(no)), bytes); }

    void remove(uint64_t no) { disk.remove_file(path(segment_file_name(no))); }

    uint64_t last_segment() const { return segments().size() - 1; }

    // What an auditor keeps elsewhere.
    void keep_trust() {
        disk.put_file(kTrustPath, disk.content(options.key_directory + "/identity.pub"));
    }

    VerifyReport verify() {
        return verify_spool({options.directory, options.key_directory, kTrustPath}, disk);
    }

    VerifyReport verify_keyless() {
        return verify_spool({options.directory, "", kTrustPath}, disk);
    }
};

// Whole frames from the header to the first byte that is none.
inline std::vector<FramePlace> frames_of(ByteView segment) {
    std::vector<FramePlace> places;
    Result<size_t> header = segment_header_size(segment);
    size_t at = header ? *header : segment.size();
    FrameView frame;
    while (at < segment.size() && split_frame(segment.substr(at), frame) == FrameFault::kNone) {
        places.push_back({at, frame.header.frame_bytes, frame.header.type});
        at += frame.header.frame_bytes;
    }
    return places;
}

inline FramePlace find_frame(ByteView segment, FrameType type) {
    for (const FramePlace& place : frames_of(segment)) {
        if (place.type == type) {
            return place;
        }
    }
    FAIL("no frame of that type");
    return {};
}

inline void repair_frame(Bytes& segment, const FramePlace& place) {
    Bytes frame = segment.substr(place.offset, place.size);
    finish_frame(frame, 0);
    segment.replace(place.offset, place.size, frame);
}

inline void flip(Bytes& bytes, size_t at) {
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
}

// `segments` segments of `turns` batches each; the last one stays open.
inline void fill(VerifyRig& rig, SpoolWriter& writer, int segments, int turns, FakeRandom& shapes) {
    Workload work;
    for (int i = 0; i < segments; ++i) {
        if (i > 0) {
            REQUIRE(writer.seal(SealReason::kSegmentEnd));
        }
        REQUIRE(work.run(rig, writer, turns, shapes));
    }
}

// Generation 1: three segments, closed. 2: two, ends inside a frame. 3: two, closed.
inline void make_standard_log(VerifyRig& rig, uint64_t shape = 7) {
    FakeRandom shapes(shape);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    fill(rig, *writer, 3, 3, shapes);
    REQUIRE(writer->close());
    writer.reset();
    writer = std::move(*rig.open());
    fill(rig, *writer, 2, 2, shapes);
    writer.reset();
    uint64_t torn = rig.last_segment();
    Bytes bytes = rig.segment(torn);
    rig.put(torn, ByteView(bytes).substr(0, bytes.size() - 30));
    writer = std::move(*rig.open());
    CHECK(writer->recovered().torn_bytes > 0);
    fill(rig, *writer, 2, 3, shapes);
    REQUIRE(writer->close());
    rig.keep_trust();
}

// One generation, closed.
inline void make_closed_log(VerifyRig& rig, int turns, uint64_t shape = 7, int segments = 1) {
    FakeRandom shapes(shape);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    fill(rig, *writer, segments, turns, shapes);
    REQUIRE(writer->close());
    rig.keep_trust();
}

// One generation whose process died after its last batch, which no seal covers.
inline void make_open_log(VerifyRig& rig, int turns, uint64_t shape = 7) {
    FakeRandom shapes(shape);
    Workload work;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(work.run(rig, *writer, turns, shapes));
    REQUIRE(work.commit(*writer, shapes));
    writer.reset();
    rig.keep_trust();
}

inline std::string found(const VerifyReport& report) {
    return std::string(verdict_name(report.verdict)) + ": " + report.reason + " [" +
           report.segment + " frame " + std::to_string(report.frame) + " offset " +
           std::to_string(report.offset) + " " + report.section + "]";
}

inline void check_verdict(const VerifyReport& report, Verdict expected) {
    CHECK_MESSAGE(report.verdict == expected, found(report));
}

inline void check_tampered_at(const VerifyReport& report, uint64_t segment_no, size_t offset) {
    check_verdict(report, Verdict::kTampered);
    CHECK_MESSAGE(report.segment == segment_file_name(segment_no), found(report));
    CHECK_MESSAGE(report.offset == offset, found(report));
}

// Frame numbers and indexes made to follow, every checksum made right.
inline Bytes renumbered(Bytes segment) {
    uint32_t frame_no = 0;
    std::optional<uint64_t> index;
    for (const FramePlace& place : frames_of(segment)) {
        FrameView frame;
        REQUIRE(split_frame(ByteView(segment).substr(place.offset), frame) == FrameFault::kNone);
        uint64_t here = index.value_or(frame.header.index);
        index = here + frame.header.leaf_count;
        Bytes numbers;
        put_u32(numbers, frame_no++);
        segment.replace(place.offset + 8, 4, numbers);
        numbers.clear();
        put_u64(numbers, here);
        segment.replace(place.offset + 16, 8, numbers);
        repair_frame(segment, place);
    }
    return segment;
}

// A header that was changed, signed again with the host's identity: for segments that begin a
// generation.
inline void sign_header(VerifyRig& rig, Bytes& segment) {
    LocalKeys keys = *load_local_keys(rig.disk, rig.options.key_directory);
    sign_header(segment, keys.identity);
}

}  // namespace llmtrail
