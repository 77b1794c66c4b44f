// What a RECOVERY says binds: the torn tail stays as it was described, and only whoever has the
// keys can say it.
#include <doctest/doctest.h>

#include "spool/control.h"
#include "verify_rig.h"

using namespace llmtrail;

namespace {

// Generation 1 ended inside a frame of its only segment, generation 2 in order.
struct TornLog : VerifyRig {
    TornLog() {
        FakeRandom shapes(3);
        Workload work;
        std::unique_ptr<SpoolWriter> writer = std::move(*open());
        REQUIRE(work.run(*this, *writer, 4, shapes));
        writer.reset();
        Bytes all = segment(0);
        torn_at = frames_of(all).back().offset;
        first = all.substr(0, all.size() - 30);
        put(0, first);
        writer = std::move(*open());
        CHECK(writer->recovered().torn_bytes == first.size() - torn_at);
        REQUIRE(work.run(*this, *writer, 3, shapes));
        REQUIRE(writer->close());
        keep_trust();
        second = segment(1);
        recovery = find_frame(second, FrameType::kRecovery);
    }

    size_t torn_at = 0;
    Bytes first;
    Bytes second;
    FramePlace recovery;
};

// Somebody writes to the log while the agent is stopped; the agent starts, works and stops.
void restart(VerifyRig& rig) {
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    writer->append({"after", "", "", ""});
    REQUIRE(writer->commit({}));
    REQUIRE(writer->close());
}

uint32_t recovery_reason(const Bytes& segment) {
    FramePlace place = find_frame(segment, FrameType::kRecovery);
    return ByteReader(ByteView(segment).substr(place.offset + kFrameHeaderBytes)).u32();
}

// A frame without the key: right structure and checksums, right place, any bytes for a tag.
Bytes keyless_frame(const VerifyRig& rig, uint64_t segment_no, FrameType type, ByteView clear) {
    Bytes segment = rig.segment(segment_no);
    FrameView before;
    FramePlace last = frames_of(segment).back();
    REQUIRE(split_frame(ByteView(segment).substr(last.offset), before) == FrameFault::kNone);
    FrameHeader header;
    header.type = type;
    header.frame_no = before.header.frame_no + 1;
    header.index = before.header.end_index();
    header.leaf_count = 1;
    header.clear_bytes = static_cast<uint32_t>(clear.size());
    header.section_bytes[0] = 16;
    header.frame_bytes = static_cast<uint32_t>(kFrameHeaderBytes + clear.size() + 16);
    Bytes frame;
    put_frame_header(frame, header);
    frame.append(clear).append(16, 'T');
    finish_frame(frame, 0);
    return frame;
}

Bytes batch_clear(const Bytes& position) {
    Bytes clear;
    put_u32(clear, 1);
    clear.append(32, 'L');
    put_position_entries(clear, {{"source", position}});
    return clear;
}

}  // namespace

TEST_CASE("a torn end that a recovery describes is no fault of the log") {
    TornLog log;
    check_verdict(log.verify(), Verdict::kClean);
    check_verdict(log.verify_keyless(), Verdict::kClean);
    CHECK(recovery_reason(log.second) == 2);
}

TEST_CASE("a torn tail that is shortened, lengthened or changed after it was described is found") {
    TornLog log;
    for (size_t size = log.torn_at; size < log.first.size(); ++size) {
        log.put(0, ByteView(log.first).substr(0, size));
        check_verdict(log.verify_keyless(), Verdict::kTampered);
    }
    for (size_t at = log.torn_at; at < log.first.size(); ++at) {
        Bytes bytes = log.first;
        flip(bytes, at);
        log.put(0, bytes);
        check_verdict(log.verify_keyless(), Verdict::kTampered);
    }
    log.put(0, log.first + "x");
    check_verdict(log.verify_keyless(), Verdict::kTampered);
    log.put(0, log.first);
    check_verdict(log.verify(), Verdict::kClean);
}

TEST_CASE("a log cut before the end that a recovery states is found") {
    TornLog log;
    for (const FramePlace& place : frames_of(log.first)) {
        log.put(0, ByteView(log.first).substr(0, place.offset));
        check_verdict(log.verify_keyless(), Verdict::kTampered);
    }
}

TEST_CASE("a recovery or genesis changed without the key is found, field by field") {
    TornLog log;
    FramePlace genesis = find_frame(log.second, FrameType::kGenesis);
    for (const FramePlace& place : {log.recovery, genesis}) {
        for (size_t at = place.offset + kFrameHeaderBytes; at < place.offset + place.size; ++at) {
            CAPTURE(at - place.offset);
            Bytes bytes = log.second;
            flip(bytes, at);
            repair_frame(bytes, place);
            log.put(1, bytes);
            check_verdict(log.verify(), Verdict::kTampered);
            check_verdict(log.verify_keyless(), Verdict::kTampered);
        }
    }
}

TEST_CASE("a recovery taken out of its log or put where there was nothing to recover is found") {
    TornLog log;
    Bytes bytes = log.second;
    bytes.erase(log.recovery.offset, log.recovery.size);
    log.put(1, bytes);
    check_verdict(log.verify(), Verdict::kTampered);
    VerifyRig clean;
    make_closed_log(clean, 2);
    restart(clean);
    uint64_t last = clean.last_segment();
    bytes = clean.segment(last);
    FramePlace after = find_frame(bytes, FrameType::kSeal);
    RecoveryBody body;
    body.segment_no = last - 1;
    Bytes frame = keyless_frame(clean, last, FrameType::kRecovery, encode_recovery(body));
    frame.replace(8, 4, Bytes("\x02\0\0\0", 4));
    finish_frame(frame, 0);
    bytes.insert(after.offset, frame);
    clean.put(last, bytes);
    check_verdict(clean.verify(), Verdict::kTampered);
    check_verdict(clean.verify_keyless(), Verdict::kTampered);
}

TEST_CASE("a generation that somebody without the identity key begins is found") {
    VerifyRig rig;
    make_open_log(rig, 2);
    VerifyRig thief(2);
    make_open_log(thief, 2);
    restart(thief);
    uint64_t next = rig.last_segment() + 1;
    Bytes forged = thief.segment(next);
    REQUIRE(!forged.empty());
    rig.put(next, forged);
    check_tampered_at(rig.verify_keyless(), next, 0);
    // With this log's own names and links in the header, signed by the thief.
    Result<SegmentHeader> ours = decode_segment_header(rig.segment(0));
    Result<SegmentHeader> header = decode_segment_header(forged);
    size_t size = header->header_bytes;
    header->log_id = ours->log_id;
    header->identity_hash = ours->identity_hash;
    SigningKey key = *SigningKey::generate(rig.random);
    Bytes signed_header = encode_segment_header(*header, key);
    rig.put(next, signed_header + forged.substr(size));
    check_tampered_at(rig.verify_keyless(), next, 0);
}

TEST_CASE(
    "a position changed without the key is found before the agent starts, not adopted, and found "
    "for ever after") {
    VerifyRig rig;
    make_open_log(rig, 3);
    uint64_t last = rig.last_segment();
    Bytes bytes = rig.segment(last);
    FramePlace place = frames_of(bytes).back();
    REQUIRE(place.type == FrameType::kBatch);
    size_t at = bytes.find("position ", place.offset);
    REQUIRE(at != Bytes::npos);
    Bytes forged_position = bytes.substr(at, 9) + "9";
    bytes[at + 9] = '9';
    repair_frame(bytes, place);
    rig.put(last, bytes);
    VerifyReport report = rig.verify();
    check_tampered_at(report, last, place.offset);
    CHECK(report.section == "envelope");
    check_verdict(rig.verify_keyless(),
                  Verdict::kOpenTail);  // no seal covers it: the tag alone tells
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    for (const Bytes& position : writer->recovered().positions) {
        CHECK(position != forged_position);
    }
    CHECK(writer->recovered().torn_bytes == place.size);
    REQUIRE(writer->close());
    CHECK(recovery_reason(rig.segment(last + 1)) == 4);
    check_tampered_at(rig.verify(), last, place.offset);
    check_tampered_at(rig.verify_keyless(), last, place.offset);
    restart(rig);
    check_tampered_at(rig.verify_keyless(), last, place.offset);
}

TEST_CASE(
    "a frame appended without the key is found before the agent starts, not adopted, and found for "
    "ever after") {
    const std::pair<FrameType, Bytes> forgeries[] = {
        {FrameType::kBatch, batch_clear("forged")},
        {FrameType::kAnchor, Bytes("\1\4soc!") + Bytes(8, '\0') + Bytes(32, 'R') + Bytes(1, '\0')},
        {FrameType::kPrune, Bytes(8 + 8 + 8 + 32 + 2, '\0')},
        {FrameType::kErase, Bytes(8 + 8 + 3, '\0')},
        {FrameType::kPositions, encode_positions({{{"source", "forged"}}, {}, {}})},
        {static_cast<FrameType>(99), "anything"},
    };
    for (const auto& [type, clear] : forgeries) {
        CAPTURE(static_cast<int>(type));
        VerifyRig rig;
        make_open_log(rig, 3);
        uint64_t last = rig.last_segment();
        Bytes before = rig.segment(last);
        Bytes frame = keyless_frame(rig, last, type, clear);
        if (type == FrameType::kPositions) {
            frame[6] = 1;  // DELTA
            finish_frame(frame, 0);
        }
        rig.put(last, before + frame);
        check_tampered_at(rig.verify(), last, before.size());
        std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
        CHECK(writer->recovered().torn_bytes == frame.size());
        for (const Bytes& position : writer->recovered().positions) {
            CHECK(position != "forged");
        }
        REQUIRE(writer->close());
        CHECK(recovery_reason(rig.segment(last + 1)) == 4);
        check_tampered_at(rig.verify_keyless(), last, before.size());
    }
}

TEST_CASE(
    "a header that is cut short is torn for the agent at its start, as it is for the verifier") {
    for (size_t bytes : {size_t{0}, size_t{71}, size_t{200}, size_t{427}, size_t{428 + 31}}) {
        CAPTURE(bytes);
        VerifyRig rig;
        make_closed_log(rig, 2, 7, 2);
        uint64_t last = rig.last_segment();
        Bytes whole = rig.segment(last);
        REQUIRE(*segment_header_size(whole) > kHeaderBytesMin + 31);
        rig.put(last, ByteView(whole).substr(0, bytes));
        check_verdict(rig.verify(), Verdict::kTornTail);
        restart(rig);
        CHECK(recovery_reason(rig.segment(last + 1)) == 2);
        check_verdict(rig.verify(), Verdict::kClean);
        check_verdict(rig.verify_keyless(), Verdict::kClean);
        // What stands there now is described.
        rig.put(last, Bytes(ByteView(whole).substr(0, bytes)) + "x");
        check_verdict(rig.verify_keyless(), Verdict::kTampered);
    }
}

TEST_CASE("damage that the agent finds at its start stays TAMPERED for ever") {
    VerifyRig rig;
    make_open_log(rig, 4);
    uint64_t last = rig.last_segment();
    Bytes bytes = rig.segment(last);
    FramePlace place = frames_of(bytes)[frames_of(bytes).size() - 2];
    flip(bytes, place.offset + place.size - 1);
    rig.put(last, bytes);
    check_tampered_at(rig.verify(), last, place.offset);
    restart(rig);
    CHECK(recovery_reason(rig.segment(last + 1)) == 3);
    VerifyReport report = rig.verify_keyless();
    check_tampered_at(report, last, place.offset);
    CHECK(report.frame == frames_of(bytes).size());
    restart(rig);
    check_tampered_at(rig.verify_keyless(), last, place.offset);
    // Putting the old byte back does not undo it.
    flip(bytes, place.offset + place.size - 1);
    rig.put(last, bytes);
    check_verdict(rig.verify(), Verdict::kTampered);
}

TEST_CASE("bytes after an orderly stop make the next generation say so, and the verdict stays") {
    VerifyRig rig;
    make_closed_log(rig, 2);
    uint64_t last = rig.last_segment();
    Bytes whole = rig.segment(last);
    rig.put(last, whole + "more");
    restart(rig);
    CHECK(recovery_reason(rig.segment(last + 1)) == 3);
    check_tampered_at(rig.verify(), last, whole.size());
    rig.put(last, whole);
    check_verdict(rig.verify(), Verdict::kTampered);
}

TEST_CASE(
    "a segment that was destroyed and then set aside stays TAMPERED, behind a torn one, too") {
    VerifyRig plain;
    make_closed_log(plain, 2, 7, 3);
    TornLog torn;
    for (VerifyRig* rig : {&plain, static_cast<VerifyRig*>(&torn)}) {
        uint64_t last = rig->last_segment();
        Bytes bytes = rig->segment(last);
        flip(bytes, 300);
        rig->put(last, bytes);
        check_verdict(rig->verify(), Verdict::kTampered);
        restart(*rig);
        check_verdict(rig->verify(), Verdict::kTampered);
        check_verdict(rig->verify_keyless(), Verdict::kTampered);
    }
}

TEST_CASE(
    "a failed write leaves a log that is CLEAN after an orderly stop, whatever operation failed") {
    VerifyRig plain;
    make_closed_log(plain, 12);
    uint64_t total = plain.disk.operations();
    int verified = 0;
    for (uint64_t n = 0; n < total; ++n) {
        CAPTURE(n);
        VerifyRig rig;
        rig.disk.fail_operation(n, 5);
        FakeRandom shapes(7);
        Workload work;
        Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
        if (!writer) {
            continue;
        }
        if (!work.run(rig, **writer, 12, shapes)) {
            REQUIRE(work.run(rig, **writer, 12, shapes));
        }
        Result<void> closed = (*writer)->close();
        rig.disk.reset_count();
        rig.keep_trust();
        check_verdict(rig.verify(), closed ? Verdict::kClean : Verdict::kOpenTail);
        ++verified;
    }
    CHECK(verified > 50);
}
