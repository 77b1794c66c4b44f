// Frames larger than the verifier's window, sections larger than it keeps, and sections that would
// like to be larger than anything.
#include <doctest/doctest.h>

#include "crafted_log.h"
#include "experiment_rig.h"
#include "spool/frame_stream.h"
#include "spool/record_pieces.h"

using namespace llmtrail;

namespace {

constexpr size_t kLarge = kWindowBytes + 300'000;

Bytes noise(size_t size, uint64_t seed) {
    FakeRandom random(seed);
    Bytes bytes(size, '\0');
    (void)random.fill(bytes.data(), size);
    return bytes;
}

// A small batch, one whose frame and sections are large, a small one again, a seal.
Experiment with_large_frame(int compression) {
    Experiment log;
    log.options.compression_level = compression;
    log.options.segment_bytes_max = uint64_t{64} << 20;
    std::unique_ptr<SpoolWriter> writer = std::move(*log.open());
    writer->append({"before", "", "", ""});
    REQUIRE(writer->commit({}));
    writer->append({"large", noise(kLarge, 1), "", std::string(kLarge, 'o')});
    REQUIRE(writer->commit({{"source", "position"}}));
    writer->append({"after", "p", "", ""});
    REQUIRE(writer->commit({}));
    REQUIRE(writer->close());
    log.keep_trust();
    log.keep_checkpoint();
    return log;
}

FramePlace large_frame(const Bytes& segment) {
    for (const FramePlace& place : frames_of(segment)) {
        if (place.size > kWindowBytes) {
            return place;
        }
    }
    FAIL("no large frame");
    return {};
}

// The head of a zstd frame with a window, one block that repeats a byte, and a section around it.
Bytes repeating_section(uint32_t raw_bytes, uint8_t window_log, uint32_t block_bytes) {
    Bytes frame("\x28\xB5\x2F\xFD", 4);
    put_u8(frame, 0x80);  // four bytes of content size, a window, no checksum
    put_u8(frame, static_cast<uint8_t>((window_log - 10) << 3));
    put_u32(frame, raw_bytes);
    for (uint32_t left = raw_bytes; left > 0;) {
        uint32_t size = std::min(left, block_bytes);
        left -= size;
        uint32_t head = (size << 3) | (1U << 1) | (left == 0 ? 1U : 0U);
        frame.append(reinterpret_cast<const char*>(&head), 3);
        frame.push_back('z');
    }
    Bytes section;
    put_u8(section, 1);
    put_u32(section, raw_bytes);
    put_u32(section, 0);
    return section + frame;
}

VerifyReport with_prompt(const Bytes& plaintext) {
    CraftedLog log;
    log.begin();
    log.use_plaintext(Section::kPrompt, plaintext);
    log.batch();
    log.seal(kSealCleanShutdown);
    VerifyReport report = log.verify();
    CHECK(report.offset == log.frame_at());
    CHECK(report.section == "prompt");
    return report;
}

}  // namespace

TEST_CASE("a frame larger than the window is checked like any other") {
    for (int compression : {0, 1}) {
        CAPTURE(compression);
        Experiment log = with_large_frame(compression);
        log.expect(Verdict::kClean, Verdict::kClean);
        VerifyReport report = log.verify();
        CHECK(report.records == 3);
        CHECK(report.content_checked);
    }
}

TEST_CASE("a change anywhere in a large frame is found there with keys, by its checksum without") {
    Experiment log = with_large_frame(1);
    Bytes whole = log.segment(0);
    FramePlace place = large_frame(whole);
    FrameView frame;
    REQUIRE(split_frame(ByteView(whole).substr(place.offset), frame) == FrameFault::kNone);
    size_t prompt = static_cast<size_t>(frame.sections[1].data() - whole.data());
    size_t output = static_cast<size_t>(frame.sections[3].data() - whole.data());
    const std::pair<size_t, const char*> changes[] = {
        {place.offset + 77, "envelope"}, {prompt, "prompt"},
        {prompt + kLarge / 2, "prompt"}, {output - 1, "prompt"},
        {output + 9, "output"},          {place.offset + place.size - 1, "output"}};
    for (const auto& [at, section] : changes) {
        CAPTURE(at);
        Bytes bytes = whole;
        flip(bytes, at);
        log.put(0, bytes);
        check_tampered_at(log.verify_keyless(), 0, place.offset);
        repair_frame(bytes, place);
        log.put(0, bytes);
        VerifyReport report = log.verify();
        check_tampered_at(report, 0, place.offset);
        CHECK(report.section == section);
        check_verdict(log.verify_keyless(), Verdict::kTampered);
    }
}

TEST_CASE("a large last frame that is cut is torn") {
    Experiment log = with_large_frame(0);
    Bytes whole = log.segment(0);
    FramePlace place = large_frame(whole);
    for (size_t size : {place.offset + 50, place.offset + 80, place.offset + kWindowBytes,
                        place.offset + place.size - 1}) {
        log.put(0, ByteView(whole).substr(0, size));
        VerifyReport report = log.verify();
        check_verdict(report, Verdict::kTornTail);
        CHECK(report.offset == place.offset);
    }
}

TEST_CASE("experiment 54: a zstd bomb under a valid tag is TAMPERED in its frame") {
    constexpr uint32_t kBlock = 128 << 10;
    // As much as a frame may hold at all: it passes through, and is no section of records.
    check_verdict(with_prompt(repeating_section(100 << 20, 20, kBlock)), Verdict::kTampered);
    check_verdict(with_prompt(repeating_section(200 << 20, 20, kBlock)), Verdict::kTampered);
    check_verdict(with_prompt(repeating_section(1000, 20, 1000)), Verdict::kTampered);
}

TEST_CASE("a section that asks for a larger window than the format allows is TAMPERED") {
    VerifyReport report = with_prompt(repeating_section(1000, 27, 1000));
    check_verdict(report, Verdict::kTampered);
    CHECK(report.reason.find("memory") != std::string::npos);
}

TEST_CASE("sections and clear bodies above their limits are no frames") {
    FrameHeader header;
    header.leaf_count = 1;
    header.section_bytes[0] = kSealedSectionBytesMax + 1;
    header.frame_bytes = static_cast<uint32_t>(kFrameHeaderBytes) + header.section_bytes[0];
    Bytes bytes;
    put_frame_header(bytes, header);
    finish_frame(bytes, 0);
    FrameHeader read;
    CHECK(decode_frame_header(bytes, read) == FrameFault::kFields);
    header.section_bytes[0] = 16;
    header.clear_bytes = kFrameClearBytesMax + 1;
    header.frame_bytes = static_cast<uint32_t>(kFrameHeaderBytes) + header.clear_bytes + 16;
    bytes.clear();
    put_frame_header(bytes, header);
    finish_frame(bytes, 0);
    CHECK(decode_frame_header(bytes, read) == FrameFault::kFields);
}

TEST_CASE("records in pieces are those of the whole, wherever the pieces are cut") {
    FakeRandom random(4);
    for (int round = 0; round < 200; ++round) {
        Bytes raw;
        std::vector<Bytes> records(1 + random.below(6));
        for (Bytes& record : records) {
            record = noise(random.below(3) == 0 ? 0 : random.below(400), random.next());
            put_sized(raw, record);
        }
        std::vector<Bytes> seen(records.size());
        RecordPieces pieces(records.size());
        for (size_t at = 0; at < raw.size();) {
            size_t size = std::min<size_t>(1 + random.below(150), raw.size() - at);
            pieces.feed(ByteView(raw).substr(at, size),
                        [&](size_t record, ByteView piece, bool first, bool) {
                            CHECK(first == seen[record].empty());
                            seen[record].append(piece);
                        });
            at += size;
        }
        CHECK(pieces.complete());
        CHECK(seen == records);
        RecordPieces more(records.size() + 1);
        more.feed(raw, [](size_t, ByteView, bool, bool) {});
        CHECK_FALSE(more.complete());
        RecordPieces cut(records.size());
        cut.feed(ByteView(raw).substr(0, raw.size() - 1), [](size_t, ByteView, bool, bool) {});
        CHECK_FALSE(cut.complete());
        RecordPieces fewer(records.size() - 1);
        fewer.feed(raw, [](size_t, ByteView, bool, bool) {});
        CHECK_FALSE(fewer.complete());
    }
}
