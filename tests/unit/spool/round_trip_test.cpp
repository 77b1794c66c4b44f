// The life of a spool without faults: records, positions, cursors, rotation, restarts, refusals.
#include <doctest/doctest.h>

#include "base/limits.h"
#include "spool_rig.h"

using namespace llmtrail;

TEST_CASE(
    "records come back from the next process with content, leaf, positions, cursors and ledger") {
    SpoolRig rig;
    Workload work;
    FakeRandom shapes(11);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    CHECK(writer->recovered().first_start);
    CHECK(writer->recovered().generation == 1);
    CHECK(writer->host_id().size() == 16);
    Bytes host = writer->host_id();
    REQUIRE(work.run(rig, *writer, 40, shapes));
    writer->note_cursors({{"soc", 17}, {"splunk", 4}});
    writer->note_ledger("the totals");
    REQUIRE(writer->close());
    writer.reset();
    CHECK(rig.segments().size() > 3);

    writer = std::move(*rig.open());
    const RecoveredSpool& recovered = writer->recovered();
    CHECK_FALSE(recovered.first_start);
    CHECK(recovered.clean);
    CHECK(recovered.torn_bytes == 0);
    CHECK(recovered.generation == 2);
    CHECK(recovered.next_index > work.committed().rbegin()->first);
    REQUIRE(recovered.positions.size() == 1);
    CHECK(recovered.positions[0] == work.position());
    CHECK(recovered.cursors ==
          std::vector<std::pair<std::string, uint64_t>>{{"soc", 17}, {"splunk", 4}});
    CHECK(recovered.ledger == "the totals");
    CHECK(writer->host_id() == host);
    check_all_readable(rig, work.committed());
}

TEST_CASE("the batch that commit returns is the batch that is read later") {
    SpoolRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    writer->append({"who", "asked what", "", "said that"});
    writer->append({"somebody else", "", "a source", ""});
    CHECK(writer->batch_records() == 2);
    std::shared_ptr<const Batch> batch = *writer->commit({{"file", "at 10"}});
    CHECK(writer->batch_records() == 0);
    CHECK(batch->records.size() == 2);
    CHECK(batch->section(0, Section::kOutput) == "said that");
    CHECK(batch->section(1, Section::kSources) == "a source");
    CHECK(batch->section(1, Section::kPrompt).empty());
    CHECK(batch->records[1].commitments[1] == Digest{});
    CHECK(batch->records[0].commitments[1] != Digest{});
    CHECK(writer->next_index() == batch->end_index());
    std::shared_ptr<const Batch> read = *(*rig.reader())->read(batch->first_index + 1);
    CHECK(read->first_index == batch->first_index);
    CHECK(read->segment_no == batch->segment_no);
    for (size_t i = 0; i < 2; ++i) {
        CHECK(read->records[i].leaf == batch->records[i].leaf);
        CHECK(read->records[i].commitments == batch->records[i].commitments);
        for (Section section : kSections) {
            CHECK(read->section(i, section) == batch->section(i, section));
        }
    }
    CHECK(event_id_of(batch->records[0].leaf).size() == 32);
}

TEST_CASE("equal records have different commitments, so a hash tells nothing about a text") {
    SpoolRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    writer->append({"same", "yes", "yes", "yes"});
    writer->append({"same", "yes", "yes", "yes"});
    std::shared_ptr<const Batch> batch = *writer->commit({});
    std::vector<Digest> all;
    for (const BatchRecord& record : batch->records) {
        all.insert(all.end(), record.commitments.begin(), record.commitments.end());
    }
    for (size_t i = 0; i < all.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
            CHECK(all[i] != all[j]);
        }
    }
}

TEST_CASE("nothing a record says stands in the files in clear, compressed or not") {
    for (int level : {0, 1}) {
        SpoolRig rig;
        rig.options.compression_level = level;
        std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
        writer->append({"canary-envelope", "canary-prompt", "canary-sources", "canary-output"});
        REQUIRE(writer->commit({}));
        REQUIRE(writer->close());
        for (const std::string& name : rig.disk.names(rig.options.directory)) {
            CHECK(rig.disk.content(rig.path(name)).find("canary") == std::string::npos);
        }
    }
}

TEST_CASE(
    "a reader is led over control records to the next batch and told when there is none yet") {
    SpoolRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    std::unique_ptr<SpoolReader> reader = std::move(*rig.reader());
    CHECK(reader->first_index() == 0);
    CHECK(reader->read(0).error().code == ErrorCode::kNotFound);
    writer->append({"one", "", "", ""});
    std::shared_ptr<const Batch> first = *writer->commit({});
    CHECK((*reader->read(0))->first_index == first->first_index);
    CHECK(reader->read(first->end_index()).error().code == ErrorCode::kNotFound);
    REQUIRE(writer->seal(SealReason::kSegmentEnd));
    REQUIRE(writer->close());
    writer = std::move(*rig.open());
    writer->append({"two", "", "", ""});
    std::shared_ptr<const Batch> second = *writer->commit({});
    CHECK(second->first_index > first->end_index());
    CHECK((*reader->read(first->end_index()))->first_index == second->first_index);
    CHECK((*reader->read(first->first_index))->section(0, Section::kEnvelope) == "one");
}

TEST_CASE(
    "positions alone can be committed, replaced and forgotten, and survive segments that are "
    "silent about them") {
    SpoolRig rig;
    Workload work;
    FakeRandom shapes(2);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    std::shared_ptr<const Batch> none = *writer->commit({{"quiet", "q1"}, {"gone", "g1"}});
    CHECK(none->records.empty());
    REQUIRE(writer->commit({{"quiet", "q2"}, {"gone", ""}}));
    size_t before = rig.segments().size();
    REQUIRE(work.run(rig, *writer, 40, shapes));
    CHECK(rig.segments().size() > before + 2);
    writer.reset();
    writer = std::move(*rig.open());
    CHECK(writer->recovered().positions == std::vector<Bytes>{"q2", work.position()});
    CHECK(writer->commit({}).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE(
    "a batch is full at its number of records or its bytes, and a large record is a batch of its "
    "own") {
    SpoolRig rig;
    rig.options.segment_bytes_max = uint64_t{64} << 20;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    for (uint32_t i = 0; i < kBatchRecordsMax; ++i) {
        CHECK_FALSE(writer->batch_full());
        writer->append({"r", "", "", ""});
    }
    CHECK(writer->batch_full());
    REQUIRE(writer->commit({}));
    CHECK_FALSE(writer->batch_full());
    std::string large(size_t{3} << 20, 'l');
    writer->append({"r", large, "", ""});
    CHECK(writer->batch_full());
    std::shared_ptr<const Batch> batch = *writer->commit({});
    CHECK((*(*rig.reader())->read(batch->first_index))->section(0, Section::kPrompt) == large);
}

TEST_CASE("a second instance is refused while the first holds the spool, and not afterwards") {
    SpoolRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    CHECK(rig.open().error().code == ErrorCode::kBusy);
    REQUIRE(writer->close());
    CHECK(rig.open());
}

TEST_CASE("another local key, another identity, or none does not open the spool") {
    SpoolRig rig;
    REQUIRE((*rig.open())->close());
    SpoolRig other(99);
    REQUIRE((*other.open())->close());
    for (const char* name : {"/state/keys/local.key", "/state/keys/identity.key"}) {
        Bytes right = rig.disk.content(name);
        rig.disk.put_file(name, other.disk.content(name));
        CHECK(rig.open().error().code == ErrorCode::kCrypto);
        rig.disk.remove_file(name);
        CHECK(rig.open().error().code == ErrorCode::kNotFound);
        rig.disk.put_file(name, right);
        CHECK(rig.open());
    }
    rig.disk.put_file("/state/keys/local.key", rig.disk.content("/state/keys/local.key"), 0640);
    CHECK(rig.open().error().code == ErrorCode::kPermission);
    rig.disk.put_file("/state/keys/local.key", "garbage");
    CHECK(rig.open().error().code == ErrorCode::kCrypto);
}

TEST_CASE("seals are due when data waits, and a heartbeat seals silence") {
    SpoolRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    CHECK_FALSE(writer->seal_due(rig.clock.monotonic_now().after_millis(60'000)));
    writer->append({"one", "", "", ""});
    REQUIRE(writer->commit({}));
    CHECK_FALSE(writer->seal_due(rig.clock.monotonic_now().after_millis(999)));
    CHECK(writer->seal_due(rig.clock.monotonic_now().after_millis(1000)));
    REQUIRE(writer->seal(SealReason::kInterval));
    CHECK_FALSE(writer->seal_due(rig.clock.monotonic_now().after_millis(60'000)));
    uint64_t size = writer->stored_bytes();
    REQUIRE(writer->seal(SealReason::kInterval));
    CHECK(writer->stored_bytes() == size);
    REQUIRE(writer->seal(SealReason::kHeartbeat));
    CHECK(writer->stored_bytes() > size);
}

TEST_CASE("an old segment gives way to a new one") {
    SpoolRig rig;
    rig.options.segment_bytes_max = uint64_t{1} << 20;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    for (int i = 0; i < 3; ++i) {
        writer->append({"one", "", "", ""});
        REQUIRE(writer->commit({}));
        rig.clock.advance_millis(rig.options.segment_age_max_ms);
    }
    CHECK(rig.segments().size() == 3);
}

TEST_CASE("a cursor hint is believed only with its MAC and not beyond what exists") {
    SpoolRig rig;
    Workload work;
    FakeRandom shapes(4);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    writer->note_cursors({{"soc", 1}});
    REQUIRE(work.run(rig, *writer, 3, shapes));
    REQUIRE(writer->seal(SealReason::kForced));
    rig.clock.advance_millis(10'000);
    uint64_t end = writer->next_index();
    writer->note_cursors({{"soc", end}});
    writer.reset();
    FakeDisk image;
    rig.disk.copy_to(image);
    CHECK((*rig.open())->recovered().cursors[0].second == end);
    Bytes hint = image.content(rig.path("cursors"));
    hint[hint.size() - 40] = static_cast<char>(hint[hint.size() - 40] ^ 1);
    image.put_file(rig.path("cursors"), hint);
    std::unique_ptr<SpoolWriter> again =
        std::move(*SpoolWriter::open(rig.options, {image, rig.clock, rig.random}));
    CHECK(again->recovered().cursors[0].second < end);
}

TEST_CASE("a full spool keeps the batch open, but still takes acknowledgements and seals") {
    SpoolRig rig;
    rig.options.max_size_bytes = uint64_t{4} << 20;
    rig.options.segment_bytes_max = uint64_t{64} << 20;
    rig.options.compression_level = 0;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    Result<std::shared_ptr<const Batch>> batch;
    std::string text(40'000, 't');
    std::string small(100, 's');
    uint64_t last = 0;
    for (const std::string* size : {&text, &small}) {
        do {
            last = writer->next_index();
            writer->append({"r", *size, "", ""});
            batch = writer->commit({});
        } while (batch);
        CHECK(batch.error().code == ErrorCode::kNoSpace);
    }
    CHECK(writer->batch_records() == 2);
    CHECK(writer->next_index() == last);
    CHECK(writer->stored_bytes() < rig.options.max_size_bytes);
    CHECK(writer->commit({{"acknowledged", "still"}}).error().code == ErrorCode::kNoSpace);
    for (int i = 0; i < 10; ++i) {
        CHECK(writer->seal(SealReason::kHeartbeat));
    }
    REQUIRE(writer->close());
    // The records were not committed: the next process starts without them, and has room for
    // positions.
    writer = std::move(*rig.open());
    CHECK(writer->commit({{"acknowledged", "still"}}));
}

TEST_CASE("the filesystem's free space is respected and its return ends the wait") {
    SpoolRig rig;
    rig.options.min_free_bytes = 1000;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    rig.disk.set_free_bytes(1500);
    writer->append({"r", "text", "", ""});
    CHECK(writer->commit({}).error().code == ErrorCode::kNoSpace);
    rig.disk.set_free_bytes(uint64_t{1} << 30);
    std::shared_ptr<const Batch> batch = *writer->commit({});
    CHECK(batch->records.size() == 1);
}

TEST_CASE(
    "only the segment being written holds space in reserve: not closed ones, not a dead "
    "process's") {
    SpoolRig rig;
    FakeRandom shapes(3);
    Workload work;
    constexpr uint64_t kReserveStep = uint64_t{4} << 20;
    for (int life = 0; life < 3; ++life) {
        std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
        REQUIRE(work.run(rig, *writer, 20, shapes));
        CHECK(rig.disk.reserved_bytes() <= kReserveStep);
        CHECK(rig.disk.reserved_bytes() > 0);
    }
    CHECK(rig.segments().size() > 4);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(writer->close());
    CHECK(rig.disk.reserved_bytes() == 0);
}
