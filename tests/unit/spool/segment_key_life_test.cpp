#include "key_rig.h"
#include "spool/format.h"
#include "spool_rig.h"

using namespace llmtrail;

namespace {

std::array<Digest, kSectionCount> commitments(const SpoolRig& rig, uint64_t segment_no) {
    return decode_segment_header(rig.disk.content(rig.path(segment_file_name(segment_no))))
        ->key_commitments;
}

Bytes daily_id(const SpoolRig& rig, uint64_t segment_no) {
    KeyStanzas stanzas =
        *decode_key_stanzas(rig.disk.content(rig.path(keys_file_name(segment_no))));
    return stanzas.list.front().payload.substr(kLocalKeyIdBytes, kDailyIdBytes);
}

}  // namespace

TEST_CASE("the limits of data keys are the ones that the format names, and the writer's own") {
    SpoolOptions options;
    CHECK(kSegmentKeyBytesMax == 67'108'864);
    CHECK(kSegmentKeyAgeMaxMs == 3'600'000);
    CHECK(kSegmentKeyRecordsMax == 1'048'576);
    CHECK(options.segment_bytes_max == kSegmentKeyBytesMax);
    CHECK(options.segment_age_max_ms == kSegmentKeyAgeMaxMs);
    CHECK(options.segment_records_max == kSegmentKeyRecordsMax);
}

TEST_CASE("after an hour the next record gets new data keys") {
    SpoolRig rig;
    rig.options.segment_bytes_max = kSegmentKeyBytesMax;
    rig.options.max_size_bytes = uint64_t{1} << 30;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    writer->append({"one", "", "", ""});
    REQUIRE(writer->commit({}));
    rig.clock.advance_millis(kSegmentKeyAgeMaxMs - 1);
    writer->append({"two", "", "", ""});
    REQUIRE(writer->commit({}));
    CHECK(rig.segments().size() == 1);
    rig.clock.advance_millis(1);
    writer->append({"three", "", "", ""});
    CHECK((*writer->commit({}))->segment_no == 1);
    for (size_t s = 0; s < kSectionCount; ++s) {
        CHECK(commitments(rig, 0)[s] != commitments(rig, 1)[s]);
    }
}

TEST_CASE("a heartbeat after an hour ends the data keys of a segment that has records") {
    SpoolRig rig;
    rig.options.segment_bytes_max = uint64_t{1} << 20;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    writer->append({"one", "", "", ""});
    REQUIRE(writer->commit({}));
    rig.clock.advance_millis(kSegmentKeyAgeMaxMs);
    REQUIRE(writer->seal(SealReason::kHeartbeat));
    CHECK(rig.segments().size() == 2);
}

TEST_CASE("no segment grows above its bytes") {
    SpoolRig rig;
    rig.options.segment_bytes_max = uint64_t{64} << 10;
    rig.options.compression_level = 0;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    Bytes text(5000, 't');
    for (int i = 0; i < 100; ++i) {
        writer->append({text, "", "", ""});
        REQUIRE(writer->commit({}));
    }
    REQUIRE(rig.segments().size() > 5);
    for (const std::string& name : rig.segments()) {
        CHECK(rig.disk.content(rig.path(name)).size() <= (uint64_t{64} << 10) + 8192);
    }
}

TEST_CASE("no data key seals more records than its limit") {
    SpoolRig rig;
    rig.options.segment_bytes_max = uint64_t{16} << 20;
    rig.options.segment_records_max = 3000;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    std::map<uint64_t, uint64_t> records;
    for (int i = 0; i < 9; ++i) {
        while (!writer->batch_full()) {
            writer->append({"x", "", "", ""});
        }
        Result<std::shared_ptr<const Batch>> batch = writer->commit({});
        REQUIRE(batch);
        records[(*batch)->segment_no] += (*batch)->records.size();
    }
    CHECK(records.size() > 3);
    for (const auto& [segment_no, count] : records) {
        CHECK(count <= 3000);
    }
}

TEST_CASE("a daily key wraps the segments of one day and no other") {
    SpoolRig rig;
    rig.options.segment_bytes_max = uint64_t{1} << 20;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    for (int hour = 0; hour < 26; ++hour) {
        writer->append({"one", "", "", ""});
        REQUIRE(writer->commit({}));
        rig.clock.advance_millis(kSegmentKeyAgeMaxMs);
    }
    REQUIRE(rig.segments().size() == 26);
    CHECK(daily_id(rig, 0) == daily_id(rig, 23));
    CHECK(daily_id(rig, 23) != daily_id(rig, 24));
    CHECK(daily_id(rig, 24) == daily_id(rig, 25));
    writer.reset();
    writer = std::move(*rig.open());
    CHECK(daily_id(rig, 26) != daily_id(rig, 25));  // another process
}
