// The host's own wrap of a segment's keys ends when an auditor can open the segment and every
// required output has confirmed it; not before, and a start never needs it.
#include <doctest/doctest.h>

#include "prune_rig.h"
#include "spool/role_key.h"

using namespace llmtrail;

namespace {

struct WrapRig : RemovalRig {
    explicit WrapRig(Role role = Role::kAuditor) {
        options.recipients = {RoleKey::generate(role, random)->recipient()};
    }

    KeyStanzas stanzas(uint64_t segment_no) const {
        return *decode_key_stanzas(disk.content(path(keys_file_name(segment_no))));
    }

    // The segments that this host cannot open any more.
    std::vector<uint64_t> closed_to_host() const {
        std::vector<uint64_t> numbers;
        for (const std::string& name : segments()) {
            uint64_t number = *segment_number_of(name, kSegmentSuffix);
            if (!has_local_wrap(stanzas(number))) {
                numbers.push_back(number);
            }
        }
        return numbers;
    }
};

using Numbers = std::vector<uint64_t>;

// Five closed segments and the open one.
std::unique_ptr<SpoolWriter> five_segments(WrapRig& rig, Workload& work) {
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    FakeRandom shapes(101);
    REQUIRE(run_segments(rig, *writer, work, 5, 2, shapes));
    return writer;
}

void confirm(SpoolWriter& writer, uint64_t end) {
    writer.note_cursors({{"soc", end}});
    REQUIRE(writer.seal(SealReason::kHeartbeat));
    REQUIRE(writer.retain());
}

}  // namespace

TEST_CASE(
    "confirmed closed segments are closed to the host, but the newest, and auditors open them") {
    WrapRig rig;
    Workload work;
    std::unique_ptr<SpoolWriter> writer = five_segments(rig, work);
    CHECK(rig.closed_to_host().empty());
    confirm(*writer, writer->next_index());
    CHECK(rig.closed_to_host() == Numbers{0, 1, 2, 3});
    for (uint64_t number : rig.closed_to_host()) {
        CHECK(has_auditor(rig.stanzas(number), 1));
    }
    rig.keep_trust();
    REQUIRE(writer->close());
    check_verdict(rig.verify(), Verdict::kClean);
    check_verdict(rig.verify_keyless(), Verdict::kClean);
}

TEST_CASE("what a required output has not confirmed stays open to the host, to the record") {
    WrapRig rig;
    Workload work;
    std::unique_ptr<SpoolWriter> writer = five_segments(rig, work);
    SegmentCatalog catalog(rig.disk, rig.options.directory);
    REQUIRE(catalog.refresh(rig.last_segment()));
    uint64_t end = catalog.find(1)->end_index;
    confirm(*writer, end - 1);
    CHECK(rig.closed_to_host() == Numbers{0});
    confirm(*writer, end);
    CHECK(rig.closed_to_host() == Numbers{0, 1});
}

TEST_CASE("without an auditor's key the host keeps its own") {
    WrapRig rig(Role::kAnalyst);
    Workload work;
    std::unique_ptr<SpoolWriter> writer = five_segments(rig, work);
    confirm(*writer, writer->next_index());
    CHECK(rig.closed_to_host().empty());
    check_all_readable(rig, work.committed());
}

TEST_CASE("a start after that goes on, also when its last segment is torn at its beginning") {
    WrapRig rig;
    Workload work;
    std::unique_ptr<SpoolWriter> writer = five_segments(rig, work);
    confirm(*writer, writer->next_index());
    std::string position = work.position();
    writer.reset();
    std::string last = rig.path(rig.segments().back());
    rig.disk.put_file(last, Bytes(5000, '\0'));
    writer = std::move(*rig.open());
    CHECK(writer->recovered().positions == std::vector<Bytes>{position});
    CHECK(writer->recovered().torn_bytes == 5000);
    FakeRandom shapes(102);
    REQUIRE(work.commit(*writer, shapes));
    REQUIRE(writer->close());
    rig.keep_trust();
    check_verdict(rig.verify_keyless(), Verdict::kClean);
}
