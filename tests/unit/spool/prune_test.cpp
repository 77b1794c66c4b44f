// Pruning: what goes, in which order, and what a crash or an error in between leaves.
#include <doctest/doctest.h>

#include "prune_rig.h"

using namespace llmtrail;

TEST_CASE("segments that are old, confirmed and covered become leaf files") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    Workload work = filled(rig, *writer);
    size_t before = rig.payloads();
    REQUIRE(before > 4);
    CHECK(writer->retain());
    CHECK(rig.leaves() == 0);  // not old yet
    uint64_t bytes = writer->stored_bytes();
    REQUIRE(prune_all(rig, *writer));
    CHECK(rig.leaves() == before - 2);  // but the open one and the newest closed one
    CHECK(rig.payloads() == 2);
    CHECK(rig.count(".keys") == 2);
    CHECK(writer->stored_bytes() < bytes);
    check_log(rig);
    check_rest_readable(rig, work);
    REQUIRE(writer->close());
    writer.reset();
    check_log(rig);
    writer = std::move(*rig.open());
    CHECK(writer->recovered().clean);
    CHECK(writer->recovered().positions.size() == 1);
    check_rest_readable(rig, work);
}

TEST_CASE("leaf files count in max_size, before and after a restart, and can fill it") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    filled(rig, *writer);
    REQUIRE(prune_all(rig, *writer));
    REQUIRE(rig.leaves() > 0);
    CHECK(writer->stored_bytes() == rig.stored_bytes());
    REQUIRE(writer->close());
    writer.reset();
    writer = std::move(*rig.open());
    CHECK(writer->stored_bytes() == rig.stored_bytes());
    writer.reset();
    rig.options.max_size_bytes = rig.stored_bytes() + (uint64_t{128} << 10);
    std::string leaf = rig.path(leaf_file_name(0));
    rig.disk.put_file(leaf, rig.disk.content(leaf) + Bytes(200'000, 'x'));
    writer = std::move(*rig.open());
    writer->append({"a record", "", "", ""});
    Result<std::shared_ptr<const Batch>> refused = writer->commit({});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kNoSpace);
}

TEST_CASE("that leaf files take half of max_size is told once, long before they fill it") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    filled(rig, *writer);
    REQUIRE(prune_all(rig, *writer));
    REQUIRE(writer->close());
    std::string leaf = rig.path(leaf_file_name(0));
    rig.disk.put_file(leaf, rig.disk.content(leaf) + Bytes(200'000, 'x'));
    for (uint64_t max_bytes : {uint64_t{500'000}, uint64_t{380'000}}) {
        rig.options.max_size_bytes = max_bytes;
        writer = std::move(*rig.open());
        std::vector<SpoolNews> told;
        writer->narrate([&](const SpoolNews& news) {
            told.push_back(news);
            return std::array<Bytes, kSectionCount>{"told", "", "", ""};
        });
        REQUIRE(writer->retain());
        REQUIRE(writer->retain());
        if (max_bytes == 500'000) {
            CHECK(told.empty());
        } else {
            REQUIRE(told.size() == 1);
            CHECK(told[0].kind == SpoolNewsKind::kFilling);
            CHECK(told[0].count == 50);
            CHECK(told[0].detail.find("which stay: raise max_size") != std::string::npos);
        }
        REQUIRE(writer->close());
    }
}

TEST_CASE("nothing goes without a cursor of the required output or without coverage") {
    for (bool confirmed : {false, true}) {
        RemovalRig rig;
        std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
        Workload work;
        FakeRandom shapes(61);
        REQUIRE(run_segments(rig, *writer, work, 3, 2, shapes));
        if (confirmed) {
            writer->note_cursors({{"soc", writer->next_index()}});
        } else {
            writer->note_cursors({{"other", writer->next_index()}});
            writer->note_coverage({writer->next_index(), "checkpoint sent to soc"});
        }
        REQUIRE(prune_all(rig, *writer));
        CHECK(rig.leaves() == 0);
    }
}

TEST_CASE("the record of a pruning is sealed before anything is removed") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    filled(rig, *writer);
    REQUIRE(prune_all(rig, *writer));
    LogChecker checker(rig.disk, rig.options.directory);
    REQUIRE(checker.check() == "");
    CHECK(checker.pruned().size() == rig.leaves());
}

TEST_CASE("sealing prunes by itself, about once a minute") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    filled(rig, *writer);
    rig.clock.advance_millis(kLongMs);
    REQUIRE(writer->seal(SealReason::kHeartbeat));
    CHECK(rig.leaves() > 0);
    check_log(rig);
}

TEST_CASE("reading a pruned record says so, and an open reader finds its way") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    Workload work = filled(rig, *writer);
    std::unique_ptr<SpoolReader> reader = std::move(*rig.reader());
    uint64_t first = work.committed().begin()->first;
    REQUIRE(reader->read(work.committed().rbegin()->first));
    REQUIRE(prune_all(rig, *writer));
    Result<std::shared_ptr<const Batch>> gone = reader->read(first);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == ErrorCode::kNotFound);
    CHECK(gone.error().os_error == 0);
    CHECK(gone.error().message == "that record was pruned");
    CHECK(reader->first_index() > first);
    CHECK(reader->read(work.committed().rbegin()->first));
}

TEST_CASE("a full spool prunes what may go and takes the batch") {
    RemovalRig rig;
    rig.make_small();
    rig.options.max_size_bytes = 200'000;  // with room for the leaf files, which stay
    rig.options.retention.max_age_ms = int64_t{400} * 86'400'000;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    Workload work;
    FakeRandom shapes(62);
    for (int i = 0; i < 300; ++i) {
        CAPTURE(i);
        rig.release_all(*writer);
        REQUIRE(work.commit(*writer, shapes));
        CHECK(rig.stored_bytes() <= rig.options.max_size_bytes);
    }
    CHECK(rig.leaves() > 5);
    check_log(rig);
    check_rest_readable(rig, work);
}

TEST_CASE("a full spool of which nothing may go stops, says so once, and goes on when it may") {
    RemovalRig rig;
    rig.make_small();
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    std::vector<SpoolNews> told;
    writer->narrate([&](const SpoolNews& news) {
        told.push_back(news);
        return std::array<Bytes, kSectionCount>{"told: " + news.detail, "", "", ""};
    });
    Workload work;
    FakeRandom shapes(63);
    while (work.commit(*writer, shapes)) {
    }
    CHECK(work.last_error.code == ErrorCode::kNoSpace);
    CHECK(told.size() == 1);
    CHECK(told[0].kind == SpoolNewsKind::kFull);
    // The news is in the log, in the reserve, and can be sent.
    std::vector<std::shared_ptr<const Batch>> batches = writer->take_told();
    REQUIRE(batches.size() == 1);
    CHECK(batches[0]->section(0, Section::kEnvelope).starts_with("told: the spool is full"));
    CHECK((*(*rig.reader())->read(batches[0]->first_index))->section(0, Section::kEnvelope) ==
          "told: " + told[0].detail);
    CHECK_FALSE(work.commit(*writer, shapes));
    CHECK(told.size() == 1);
    CHECK(writer->seal(SealReason::kHeartbeat));  // last words
    rig.release_all(*writer);
    CHECK(work.commit(*writer, shapes));
    CHECK(rig.leaves() > 0);
    REQUIRE(writer->close());
    check_log(rig);
    check_rest_readable(rig, work);
}

TEST_CASE("a filesystem that is nearly full is freed by pruning, too") {
    RemovalRig rig;
    rig.options.min_free_bytes = 1'000'000;
    rig.options.retention.max_age_ms = int64_t{400} * 86'400'000;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    Workload work = filled(rig, *writer);
    rig.disk.set_free_bytes(999'999);
    FakeRandom shapes(64);
    CHECK_FALSE(work.commit(*writer, shapes));  // the fake's free space does not change
    CHECK(rig.leaves() > 0);
    check_log(rig);
}

TEST_CASE("dropping tells first, names and counts what goes, and is sealed") {
    RemovalRig rig;
    rig.make_small();
    rig.options.max_size_bytes = 150'000;
    rig.options.retention.drop_oldest = true;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    std::vector<SpoolNews> told;
    writer->narrate([&](const SpoolNews& news) {
        told.push_back(news);
        return std::array<Bytes, kSectionCount>{"told", "", "", ""};
    });
    writer->note_cursors({{"soc", 5}});
    Workload work;
    FakeRandom shapes(65);
    for (int i = 0; i < 200; ++i) {
        CAPTURE(i);
        REQUIRE(work.commit(*writer, shapes));
    }
    uint64_t dropped = 0;
    uint64_t first_kept = (*rig.reader())->first_index();
    for (const SpoolNews& news : told) {
        CHECK(news.kind == SpoolNewsKind::kDropping);
        dropped += news.count;
    }
    CHECK(rig.leaves() > 3);
    CHECK(dropped == first_kept - 5);
    REQUIRE(writer->close());
    check_log(rig);
}

TEST_CASE("a segment that was changed is not pruned but kept as evidence, and the others go") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    std::vector<SpoolNews> told;
    writer->narrate([&](const SpoolNews& news) {
        told.push_back(news);
        return std::array<Bytes, kSectionCount>{"told", "", "", ""};
    });
    filled(rig, *writer);
    size_t before = rig.payloads();
    Bytes segment = rig.segment(1);
    FramePlace batch = find_frame(segment, FrameType::kBatch);
    flip(segment, batch.offset + batch.size - 1);
    repair_frame(segment, batch);
    rig.put(1, segment);
    REQUIRE(prune_all(rig, *writer));
    CHECK(rig.leaves() == before - 3);
    CHECK(rig.segment(1) == segment);
    CHECK(std::count_if(told.begin(), told.end(), [](const SpoolNews& news) {
              return news.kind == SpoolNewsKind::kKept;
          }) == 1);
}

TEST_CASE("a torn end and a void segment are pruned with their neighbours") {
    RemovalRig rig;
    Workload work;
    FakeRandom shapes(66);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(run_segments(rig, *writer, work, 2, 2, shapes));
    REQUIRE(work.run(rig, *writer, 2, shapes));
    writer.reset();
    // The last frame is torn: its batch was never confirmed.
    std::string torn = rig.path(rig.segments().back());
    Bytes bytes = rig.disk.content(torn);
    rig.disk.put_file(torn, bytes + "\xC3\x46\x52\x4Dtorn");
    writer = std::move(*rig.open());
    REQUIRE(work.run(rig, *writer, 2, shapes));
    writer.reset();
    // A whole segment that a power cut left as zeros.
    uint64_t number = *segment_number_of(rig.segments().back(), kSegmentSuffix) + 1;
    rig.disk.put_file(rig.path(segment_file_name(number)), Bytes(9000, '\0'));
    writer = std::move(*rig.open());
    REQUIRE(run_segments(rig, *writer, work, 1, 2, shapes));
    rig.release_all(*writer);
    REQUIRE(prune_all(rig, *writer));
    CHECK(rig.payloads() == 2);
    CHECK(rig.disk.content(rig.path(leaf_file_name(number))).size() == 20);
    REQUIRE(writer->close());
    check_log(rig);
    check_rest_readable(rig, work);
}

TEST_CASE("each step of a pruning that was interrupted is finished by the next start") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    Workload work = filled(rig, *writer);
    Bytes payload = rig.segment(0);
    Bytes keys = rig.disk.content(rig.path(keys_file_name(0)));
    REQUIRE(prune_all(rig, *writer));
    REQUIRE(writer->close());
    writer.reset();
    Bytes leaf = rig.disk.content(rig.path(leaf_file_name(0)));
    auto restart = [&] {
        check_log(rig);
        REQUIRE((*rig.open())->close());
        CHECK_FALSE(rig.disk.exists(rig.path(segment_file_name(0))));
        CHECK_FALSE(rig.disk.exists(rig.path(keys_file_name(0))));
        CHECK(rig.disk.content(rig.path(leaf_file_name(0))) == leaf);
        check_log(rig);
    };
    SUBCASE("sealed, no leaf file yet") {
        rig.put(0, payload);
        rig.disk.put_file(rig.path(keys_file_name(0)), keys);
        rig.disk.remove_file(rig.path(leaf_file_name(0)));
        rig.disk.put_file(rig.path(leaf_file_name(0)) + ".new", "half");
        restart();
        CHECK_FALSE(rig.disk.exists(rig.path(leaf_file_name(0)) + ".new"));
    }
    SUBCASE("leaf file and payload") {
        rig.put(0, payload);
        rig.disk.put_file(rig.path(keys_file_name(0)), keys);
        restart();
    }
    SUBCASE("payload gone, keys there") {
        rig.disk.put_file(rig.path(keys_file_name(0)), keys);
        restart();
    }
    SUBCASE("keys gone, payload there, and the leaf file was meddled with") {
        rig.put(0, payload);
        rig.disk.put_file(rig.path(leaf_file_name(0)), "nothing of the kind");
        restart();
    }
}

TEST_CASE("leaf files without the segments after them are no spool to go on with") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    filled(rig, *writer);
    REQUIRE(prune_all(rig, *writer));
    REQUIRE(writer->close());
    writer.reset();
    for (const std::string& name : rig.segments()) {
        rig.disk.remove_file(rig.path(name));
    }
    CHECK(rig.open().error().code == ErrorCode::kCorrupt);
}
