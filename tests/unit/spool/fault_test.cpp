// Every operation fails once; the machine stops after every operation; tails are torn by hand.
#include <doctest/doctest.h>

#include <cerrno>

#include "spool/frame.h"
#include "spool_rig.h"

using namespace llmtrail;

namespace {

constexpr int kTurns = 12;

// The position is that of the last commit, or of the one under way when everything stopped: then
// its records are there as well, which positions and records being one frame guarantees.
void check_positions(const RecoveredSpool& recovered, const Workload& work) {
    if (work.offered_position().empty() || recovered.positions.empty()) {
        CHECK(work.position().empty());
        return;
    }
    bool known = recovered.positions[0] == work.position() ||
                 recovered.positions[0] == work.offered_position();
    CHECK_MESSAGE(known, recovered.positions[0]);
}

void check_reopens(SpoolRig& rig, const Workload& work) {
    Result<std::unique_ptr<SpoolWriter>> again = rig.open();
    REQUIRE_MESSAGE(again, again.error().message);
    check_positions((*again)->recovered(), work);
    check_all_readable(rig, work.committed());
    if (!work.committed().empty()) {
        CHECK((*again)->next_index() > work.committed().rbegin()->first);
    }
}

uint64_t operations_of_a_run() {
    SpoolRig rig;
    Workload work;
    FakeRandom shapes(21);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(work.run(rig, *writer, kTurns, shapes));
    REQUIRE(writer->close());
    return rig.disk.operations();
}

void fail_each_operation(int os_error) {
    uint64_t total = operations_of_a_run();
    REQUIRE(total > 100);
    uint64_t opened = 0;
    for (uint64_t n = 0; n < total; ++n) {
        CAPTURE(n);
        SpoolRig rig;
        Workload work;
        FakeRandom shapes(21);
        rig.disk.fail_operation(n, os_error);
        Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
        if (writer) {
            ++opened;
            Result<void> run = work.run(rig, **writer, kTurns, shapes);
            if (!run) {
                // The batch stays open: the same records go through once the fault is over.
                CHECK(run.error().code ==
                      (os_error == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kIo));
                REQUIRE(work.run(rig, **writer, kTurns, shapes));
            }
            (void)(*writer)->close();
            writer->reset();
        }
        check_reopens(rig, work);
    }
    CHECK(opened > total / 2);
}

void stop_after_each_operation(PowerCut kind, uint64_t seed) {
    uint64_t total = operations_of_a_run();
    FakeRandom random(seed);
    for (uint64_t n = 0; n < total; ++n) {
        CAPTURE(n);
        SpoolRig rig;
        Workload work;
        FakeRandom shapes(21);
        rig.disk.stop_after(n);
        {
            Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
            if (writer) {
                (void)work.run(rig, **writer, kTurns, shapes);
            }
        }
        rig.disk.power_cut(kind, random);
        // Now and then the machine stops again during recovery.
        if (random.below(2) == 0) {
            rig.disk.stop_after(random.below(40));
            (void)rig.open();
            rig.disk.power_cut(kind, random);
        }
        check_reopens(rig, work);
    }
}

// A spool whose process died after `turns` batches, all of them synced.
Workload dead_spool(SpoolRig& rig, int turns) {
    Workload work;
    FakeRandom shapes(31);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(work.run(rig, *writer, turns, shapes));
    return work;
}

}  // namespace

TEST_CASE("an I/O error in any one operation loses no committed record and the spool goes on") {
    fail_each_operation(EIO);
}

TEST_CASE("a full disk in any one operation loses no committed record and the spool goes on") {
    fail_each_operation(ENOSPC);
}

TEST_CASE(
    "after a power cut at any operation every committed record is readable: nothing unsynced "
    "survives") {
    stop_after_each_operation(PowerCut::kForget, 1);
}

TEST_CASE(
    "after a power cut at any operation every committed record is readable: part of the tail "
    "survives") {
    stop_after_each_operation(PowerCut::kPrefix, 2);
    stop_after_each_operation(PowerCut::kPrefix, 3);
}

TEST_CASE(
    "after a power cut at any operation every committed record is readable: zero pages in the "
    "tail") {
    stop_after_each_operation(PowerCut::kZeroPages, 4);
}

TEST_CASE("after a kill at any operation every committed record is readable") {
    stop_after_each_operation(PowerCut::kKeepAll, 5);
}

TEST_CASE("a torn tail is described and left as it was") {
    SpoolRig rig;
    rig.options.segment_bytes_max = uint64_t{1} << 20;
    Workload work = dead_spool(rig, 5);
    std::string name = rig.segments().back();
    Bytes torn = rig.disk.content(rig.path(name)) + "\xC3\x46\x52\x4Dhalf a header";
    rig.disk.put_file(rig.path(name), torn);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    CHECK_FALSE(writer->recovered().clean);
    CHECK(writer->recovered().torn_bytes == 17);
    CHECK(writer->recovered().torn_segment == name);
    CHECK(rig.disk.content(rig.path(name)) == torn);
    CHECK(writer->recovered().positions == std::vector<Bytes>{work.position()});
    check_all_readable(rig, work.committed());
    // Told once: the next generation has nothing to add.
    REQUIRE(writer->close());
    writer.reset();
    writer = std::move(*rig.open());
    CHECK(writer->recovered().clean);
    CHECK(writer->recovered().torn_bytes == 0);
    CHECK(rig.disk.content(rig.path(name)) == torn);
}

TEST_CASE("a last frame cut at any byte costs that batch alone") {
    SpoolRig rig;
    rig.options.segment_bytes_max = uint64_t{1} << 20;
    Workload work;
    FakeRandom shapes(41);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(work.commit(*writer, shapes));
    std::map<uint64_t, KeptRecord> before = work.committed();
    std::string position = work.position();
    std::string path = rig.path(rig.segments().back());
    size_t start = rig.disk.content(path).size();
    REQUIRE(work.commit(*writer, shapes));
    writer.reset();
    Bytes whole = rig.disk.content(path);
    for (size_t size = start; size < whole.size(); size += 7) {
        SpoolRig cut(size);
        cut.options = rig.options;
        rig.disk.copy_to(cut.disk);
        cut.disk.put_file(path, ByteView(whole).substr(0, size));
        std::unique_ptr<SpoolWriter> again = std::move(*cut.open());
        CHECK(again->recovered().torn_bytes == size - start);
        CHECK(again->recovered().positions == std::vector<Bytes>{position});
        check_all_readable(cut, before);
    }
}

TEST_CASE("a position past the last seal is adopted only if the frame's tag opens") {
    SpoolRig rig;
    rig.options.segment_bytes_max = uint64_t{1} << 20;
    Workload work;
    FakeRandom shapes(51);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(work.commit(*writer, shapes));
    std::string path = rig.path(rig.segments().back());
    size_t start = rig.disk.content(path).size();
    std::string first = work.position();
    REQUIRE(work.commit(*writer, shapes));
    writer.reset();
    Bytes bytes = rig.disk.content(path);
    size_t at = bytes.find(work.position(), start);
    REQUIRE(at != std::string::npos);
    bytes[at] = 'P';
    // Somebody without the key makes every checksum right again.
    Bytes frame = bytes.substr(start);
    finish_frame(frame, 0);
    bytes.replace(start, frame.size(), frame);
    rig.disk.put_file(path, bytes);
    writer = std::move(*rig.open());
    CHECK(writer->recovered().positions == std::vector<Bytes>{first});
    CHECK(writer->recovered().torn_bytes == frame.size());
}

TEST_CASE("an unreadable last segment makes recovery fall back on the one before") {
    SpoolRig rig;
    Workload work = dead_spool(rig, 20);
    REQUIRE(rig.segments().size() > 2);
    std::string last = rig.segments().back();
    std::string keys = last.substr(0, last.size() - 4) + ".keys";
    Bytes bytes = rig.disk.content(rig.path(last));
    bytes[100] = static_cast<char>(bytes[100] ^ 1);
    rig.disk.put_file(rig.path(last), bytes);
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    CHECK_FALSE(writer->recovered().clean);
    CHECK(writer->recovered().torn_bytes == bytes.size());
    CHECK(writer->recovered().torn_segment == last);
    CHECK(writer->recovered().positions.size() == 1);
    CHECK(rig.disk.content(rig.path(last)) == bytes);
    CHECK(rig.disk.exists(rig.path(keys)));
    // What is written now can be read, and its indexes are those of the new segment.
    writer->append({"after", "", "", ""});
    std::shared_ptr<const Batch> batch = *writer->commit({});
    CHECK((*(*rig.reader())->read(batch->first_index))->section(0, Section::kEnvelope) == "after");
}

TEST_CASE("a spool of which nothing can be read is not taken for a new one") {
    SpoolRig rig;
    dead_spool(rig, 2);
    for (const std::string& name : rig.segments()) {
        rig.disk.put_file(rig.path(name), "nothing of the kind");
    }
    CHECK(rig.open().error().code == ErrorCode::kCorrupt);
}
