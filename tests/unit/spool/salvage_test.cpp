// What can still be had from a damaged spool, and that nothing else comes out.
#include "spool/salvage.h"

#include <doctest/doctest.h>

#include "experiment_rig.h"
#include "spool/local_keys.h"

using namespace llmtrail;

namespace {

struct Kept : SalvageVisitor {
    Result<void> record(const SalvagedRecord& record) override {
        KeptRecord& kept = records[record.index];
        for (size_t s = 0; s < kSectionCount; ++s) {
            kept.sections[s] = record.sections[s];
        }
        kept.leaf = record.leaf;
        lost[record.index] = record.lost;
        return {};
    }

    std::map<uint64_t, KeptRecord> records;
    std::map<uint64_t, uint8_t> lost;
};

// Four segments with many batches, compressed or not, and what was committed to them.
struct SalvageRig : Experiment {
    explicit SalvageRig(int compression = 1) {
        options.compression_level = compression;
        FakeRandom shapes(3);
        std::unique_ptr<SpoolWriter> writer = std::move(*open());
        for (int i = 0; i < 4; ++i) {
            REQUIRE(work.run(*this, *writer, 6, shapes));
            REQUIRE(writer->seal(SealReason::kSegmentEnd));
        }
        REQUIRE(writer->close());
        keep_trust();
    }

    Kept salvage(SalvageTotals* totals = nullptr) {
        Kept kept;
        SpoolKey key(std::move(*load_local_secrets(disk, options.key_directory)));
        Result<SalvageTotals> done = salvage_spool(disk, options.directory, key, kept);
        REQUIRE(done);
        CHECK(done->records == kept.records.size());
        if (totals != nullptr) {
            *totals = *done;
        }
        return kept;
    }

    // Every section that comes out is what went in; what does not is called lost.
    void check_genuine(const Kept& kept) const {
        for (const auto& [index, record] : kept.records) {
            CAPTURE(index);
            REQUIRE(work.committed().count(index) == 1);
            const KeptRecord& written = work.committed().at(index);
            CHECK(record.leaf == written.leaf);
            for (size_t s = 0; s < kSectionCount; ++s) {
                bool lost = (kept.lost.at(index) & (1U << s)) != 0;
                CHECK(record.sections[s] == (lost ? "" : written.sections[s]));
            }
        }
    }

    size_t records_in(uint64_t segment_no, const FramePlace& place) const {
        FrameView frame;
        Bytes bytes = segment(segment_no);
        REQUIRE(split_frame(ByteView(bytes).substr(place.offset), frame) == FrameFault::kNone);
        return frame.header.leaf_count;
    }

    Workload work;
};

}  // namespace

TEST_CASE("from a spool that nobody touched every record comes out whole") {
    for (int compression : {0, 1}) {
        SalvageRig rig(compression);
        SalvageTotals totals;
        Kept kept = rig.salvage(&totals);
        CHECK(kept.records.size() == rig.work.committed().size());
        rig.check_genuine(kept);
        CHECK(totals.whole_records == totals.records);
        CHECK(totals.lost_records == 0);
        CHECK(totals.damaged_frames == 0);
        CHECK(totals.skipped_bytes == 0);
    }
}

TEST_CASE("a flipped byte costs at most its own frame, and what comes out is genuine") {
    for (int compression : {0, 1}) {
        SalvageRig rig(compression);
        Bytes whole = rig.segment(1);
        size_t all = rig.work.committed().size();
        size_t header = *segment_header_size(whole);
        for (size_t at = header; at < whole.size(); at += 5) {
            CAPTURE(at);
            Bytes bytes = whole;
            flip(bytes, at);
            rig.put(1, bytes);
            Kept kept = rig.salvage();
            rig.check_genuine(kept);
            CHECK(kept.records.size() + 4 >= all);  // a batch of the rig has at most four records
        }
    }
}

TEST_CASE("a changed section is lost, the others of its record are not") {
    SalvageRig rig(0);
    Bytes whole = rig.segment(1);
    FramePlace place = find_frame(whole, FrameType::kBatch);
    FrameView frame;
    REQUIRE(split_frame(ByteView(whole).substr(place.offset), frame) == FrameFault::kNone);
    REQUIRE(frame.sections[1].size() > 40);
    Bytes bytes = whole;
    flip(bytes, static_cast<size_t>(frame.sections[1].data() - whole.data()) +
                    frame.sections[1].size() - 20);
    rig.put(1, bytes);
    SalvageTotals totals;
    Kept kept = rig.salvage(&totals);
    rig.check_genuine(kept);
    CHECK(kept.records.size() == rig.work.committed().size());
    CHECK(totals.records - totals.whole_records == 1);
    CHECK(totals.damaged_frames == 1);
}

TEST_CASE("bytes missing, inserted or zeroed in the middle cost what they hit") {
    SalvageRig rig;
    Bytes whole = rig.segment(2);
    std::vector<FramePlace> places = frames_of(whole);
    FramePlace hit = places[places.size() / 2];
    for (int kind = 0; kind < 3; ++kind) {
        CAPTURE(kind);
        Bytes bytes = whole;
        if (kind == 0) {
            bytes.erase(hit.offset + 10, 40);
        } else if (kind == 1) {
            bytes.insert(hit.offset, "something else");
        } else {
            bytes.replace(hit.offset, 60, 60, '\0');
        }
        rig.put(2, bytes);
        Kept kept = rig.salvage();
        rig.check_genuine(kept);
        CHECK(kept.records.size() + 8 >= rig.work.committed().size());
    }
}

TEST_CASE("segments that are missing, exchanged, cut or of somebody else cost themselves alone") {
    SalvageRig rig;
    size_t all = rig.salvage().records.size();
    Bytes first = rig.segment(0);
    rig.remove(0);
    Kept kept = rig.salvage();
    CHECK(kept.records.size() < all);
    CHECK(kept.records.size() > all / 2);
    rig.check_genuine(kept);
    rig.put(0, ByteView(first).substr(0, first.size() / 2));
    CHECK(rig.salvage().records.size() > kept.records.size());
    Experiment other = Experiment::standard(2);
    rig.put(0, other.segment(0));
    SalvageTotals totals;
    kept = rig.salvage(&totals);
    CHECK(totals.unopened_segments == 1);
    CHECK_FALSE(totals.why_unopened.empty());
    rig.check_genuine(kept);
}

TEST_CASE("noise, and frames made without the key, give no record") {
    SalvageRig rig;
    size_t all = rig.work.committed().size();
    FakeRandom random(5);
    Bytes noise(50'000, '\0');
    (void)random.fill(noise.data(), noise.size());
    Bytes whole = rig.segment(3);
    FramePlace place = find_frame(whole, FrameType::kBatch);
    Bytes forged = whole.substr(place.offset, place.size);
    for (size_t i = kFrameHeaderBytes; i < forged.size(); i += 3) {
        forged[i] = static_cast<char>(forged[i] + 1);
    }
    finish_frame(forged, 0);
    rig.put(3, whole + noise + forged);
    Kept kept = rig.salvage();
    rig.check_genuine(kept);
    CHECK(kept.records.size() == all);
}
