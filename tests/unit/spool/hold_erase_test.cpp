// Legal holds and erasing: what they keep, what they destroy, and that both survive a crash.
#include <doctest/doctest.h>

#include <cerrno>

#include "removal_rig.h"
#include "spool/key_stanza.h"
#include "spool/read_state.h"

using namespace llmtrail;

namespace {

constexpr int64_t kLongMs = 7'200'000;

Workload filled(RemovalRig& rig, SpoolWriter& writer, int segments = 5) {
    Workload work;
    FakeRandom shapes(81);
    for (int i = 0; i < segments; ++i) {
        REQUIRE(work.run(rig, writer, 2, shapes));
        REQUIRE(writer.seal(SealReason::kSegmentEnd));
    }
    rig.release_all(writer);
    return work;
}

void prune_all(RemovalRig& rig, SpoolWriter& writer) {
    rig.clock.advance_millis(kLongMs);
    for (int i = 0; i < 20; ++i) {
        REQUIRE(writer.retain());
    }
}

LegalHold a_hold(uint64_t first, uint64_t last) {
    return {"case-7", {first, last}, {42}, "inquiry", "legal"};
}

Result<void> hold(SpoolWriter& writer, const LegalHold& hold) {
    Result<void> staged = writer.stage_hold(hold.id, hold);
    if (!staged) {
        return staged;
    }
    writer.append({"hold set", "", "", ""});
    auto committed = writer.commit({});
    return committed ? writer.seal(SealReason::kForced) : Result<void>(fail(committed.error()));
}

EraseBody an_erasure(uint64_t first, uint64_t last, Section section = Section::kPrompt) {
    return {first, last, section_bit(section), "request 12", "DPO"};
}

// How many stanzas of the section the key file has, of whatever type.
size_t stanzas_of(const RemovalRig& rig, uint64_t segment_no, Section section) {
    Result<KeyStanzas> stanzas =
        decode_key_stanzas(rig.disk.content(rig.path(keys_file_name(segment_no))));
    REQUIRE(stanzas);
    return static_cast<size_t>(std::count_if(
        stanzas->list.begin(), stanzas->list.end(),
        [&](const KeyStanza& stanza) { return stanza.section == static_cast<uint8_t>(section); }));
}

}  // namespace

TEST_CASE("what is held is not pruned, its neighbours are, and a release lets it go") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    filled(rig, *writer);
    REQUIRE(hold(*writer, a_hold(1, 2)));
    CHECK(writer->holds().size() == 1);
    rig.release_all(*writer);
    prune_all(rig, *writer);
    CHECK(rig.disk.exists(rig.path(segment_file_name(1))));
    CHECK(rig.disk.exists(rig.path(segment_file_name(2))));
    CHECK_FALSE(rig.disk.exists(rig.path(segment_file_name(0))));
    CHECK_FALSE(rig.disk.exists(rig.path(segment_file_name(3))));
    check_log(rig);
    REQUIRE(writer->stage_hold("case-7", std::nullopt));
    REQUIRE(writer->commit({}));
    CHECK(writer->holds().empty());
    prune_all(rig, *writer);
    CHECK_FALSE(rig.disk.exists(rig.path(segment_file_name(1))));
    check_log(rig);
}

TEST_CASE(
    "a hold stands through restarts, rotations and the pruning of the segment it was set in") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    filled(rig, *writer);
    REQUIRE(hold(*writer, a_hold(1, 1)));
    filled(rig, *writer);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(writer->close());
        writer.reset();
        writer = std::move(*rig.open());
        rig.release_all(*writer);
        prune_all(rig, *writer);
    }
    REQUIRE(writer->holds().size() == 1);
    CHECK(writer->holds()[0].reason == "inquiry");
    CHECK(rig.disk.exists(rig.path(segment_file_name(1))));
    CHECK(rig.leaves() >= 6);
    check_log(rig);
    // The positions handed out are the sources' alone.
    CHECK(writer->recovered().positions.size() == 1);
}

TEST_CASE("a hold is staged once, released once, and has a name and a reason") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    CHECK(writer->stage_hold("case-7", std::nullopt).error().code == ErrorCode::kNotFound);
    CHECK(writer->stage_hold("Case 7", a_hold(0, 1)).error().code == ErrorCode::kInvalidArgument);
    LegalHold reasonless = a_hold(0, 1);
    reasonless.reason.clear();
    CHECK(writer->stage_hold("case-7", reasonless).error().code == ErrorCode::kInvalidArgument);
    REQUIRE(hold(*writer, a_hold(0, 1)));
    CHECK(writer->stage_hold("case-7", a_hold(0, 1)).error().code == ErrorCode::kExists);
}

TEST_CASE("a source cannot set or release a hold by its position") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(hold(*writer, a_hold(0, 1)));
    CHECK(writer->commit({{hold_key("case-7"), ""}}).error().code == ErrorCode::kInvalidArgument);
    CHECK(writer->holds().size() == 1);
}

TEST_CASE("a hold that somebody without the key writes into the log is not adopted") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(hold(*writer, a_hold(0, 1)));
    rig.keep_trust();
    writer.reset();
    std::string path = rig.path(rig.segments().back());
    Bytes bytes = rig.disk.content(path);
    for (const FramePlace& place : frames_of(bytes)) {
        size_t at = bytes.find("case-7", place.offset);
        if (at >= place.offset + place.size) {
            continue;
        }
        bytes[at] = 'k';
        repair_frame(bytes, place);
    }
    rig.disk.put_file(path, bytes);
    writer = std::move(*rig.open());
    CHECK(writer->holds().empty());
    CHECK_FALSE(writer->recovered().clean);
    CHECK(rig.verify().verdict == Verdict::kTampered);
}

TEST_CASE("holds can be listed while the agent has the spool, and nothing is changed by it") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    REQUIRE(hold(*writer, a_hold(3, kWithoutEnd)));
    std::vector<std::string> names = rig.disk.names(rig.options.directory);
    Result<SpoolState> state = read_spool_state(rig.options, rig.disk);
    REQUIRE(state);
    REQUIRE(state->holds.size() == 1);
    CHECK(state->holds[0].id == "case-7");
    CHECK(state->holds[0].segments.last == kWithoutEnd);
    CHECK(rig.disk.names(rig.options.directory) == names);
}

TEST_CASE("erasing takes every stanza of the section and nothing else") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    Workload work = filled(rig, *writer);
    Result<uint64_t> erased = writer->erase(an_erasure(1, 2));
    REQUIRE_MESSAGE(erased, erased.error().message);
    CHECK(*erased == 2);
    for (uint64_t n = 0; n < 4; ++n) {
        CAPTURE(n);
        CHECK(stanzas_of(rig, n, Section::kPrompt) == (n == 1 || n == 2 ? 0U : 1U));
        CHECK(stanzas_of(rig, n, Section::kEnvelope) == 1);
        CHECK(stanzas_of(rig, n, Section::kOutput) == 1);
    }
    check_log(rig);
    // Everything else is still read, and the record's leaf agrees.
    std::unique_ptr<SpoolReader> reader = std::move(*rig.reader());
    size_t without = 0;
    for (const auto& [index, kept] : work.committed()) {
        Result<std::shared_ptr<const Batch>> batch = reader->read(index);
        REQUIRE_MESSAGE(batch, batch.error().message);
        size_t at = static_cast<size_t>(index - (*batch)->first_index);
        CHECK((*batch)->records[at].leaf == kept.leaf);
        CHECK((*batch)->section(at, Section::kEnvelope) == kept.sections[0]);
        CHECK((*batch)->section(at, Section::kOutput) == kept.sections[3]);
        bool gone = (*batch)->segment_no == 1 || (*batch)->segment_no == 2;
        CHECK((*batch)->section(at, Section::kPrompt) == (gone ? "" : kept.sections[1]));
        without += gone && !kept.sections[1].empty() ? 1U : 0U;
    }
    CHECK(without > 0);
}

TEST_CASE("erasing is refused for what is open, held or not confirmed, and then changes nothing") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    filled(rig, *writer);
    uint64_t leaves = writer->next_index();
    uint64_t open = rig.segments().size() - 1;
    CHECK(writer->erase(an_erasure(open, open)).error().code == ErrorCode::kInvalidArgument);
    CHECK(writer->erase(an_erasure(0, kWithoutEnd)).error().code == ErrorCode::kInvalidArgument);
    EraseBody nameless = an_erasure(0, 0);
    nameless.approver.clear();
    CHECK(writer->erase(nameless).error().code == ErrorCode::kInvalidArgument);
    EraseBody envelope = an_erasure(0, 0, Section::kEnvelope);
    CHECK(writer->erase(envelope).error().code == ErrorCode::kInvalidArgument);
    writer->note_cursors({{"soc", 3}});
    CHECK(writer->erase(an_erasure(1, 1)).error().code == ErrorCode::kBusy);
    rig.release_all(*writer);
    CHECK(writer->next_index() == leaves);
    REQUIRE(hold(*writer, a_hold(2, 2)));
    leaves = writer->next_index();
    CHECK(writer->erase(an_erasure(1, 3)).error().code == ErrorCode::kPermission);
    CHECK(writer->next_index() == leaves);
    CHECK(stanzas_of(rig, 1, Section::kPrompt) == 1);
    CHECK(writer->erase(an_erasure(0, 1)));
}

TEST_CASE("keys that come back from a backup are erased again by the next start") {
    RemovalRig rig;
    std::unique_ptr<SpoolWriter> writer = std::move(*rig.open());
    filled(rig, *writer);
    Bytes backup = rig.disk.content(rig.path(keys_file_name(1)));
    REQUIRE(writer->erase(an_erasure(1, 1)));
    REQUIRE(writer->close());
    writer.reset();
    rig.disk.put_file(rig.path(keys_file_name(1)), backup);
    CHECK(stanzas_of(rig, 1, Section::kPrompt) == 1);
    REQUIRE((*rig.open())->close());
    CHECK(stanzas_of(rig, 1, Section::kPrompt) == 0);
}

TEST_CASE(
    "a power cut or an error at any operation of an erasure is made up for by the next start") {
    auto run = [](RemovalRig& rig) -> bool {
        Result<std::unique_ptr<SpoolWriter>> writer = rig.open();
        if (!writer) {
            return false;
        }
        rig.release_all(**writer);
        bool erased = (*writer)->erase(an_erasure(0, 1)).has_value();
        (void)(*writer)->close();
        return erased;
    };
    RemovalRig base;
    {
        std::unique_ptr<SpoolWriter> writer = std::move(*base.open());
        filled(base, *writer, 3);
        REQUIRE(writer->close());
    }
    base.keep_trust();
    RemovalRig counted;
    base.disk.copy_to(counted.disk);
    REQUIRE(run(counted));
    uint64_t total = counted.disk.operations();
    REQUIRE(total > 30);
    FakeRandom random(91);
    size_t kept = 0;
    for (uint64_t n = 0; n < total; ++n) {
        CAPTURE(n);
        RemovalRig rig(n + 2);
        base.disk.copy_to(rig.disk);
        bool cut = n % 2 == 0;
        if (cut) {
            rig.disk.stop_after(n);
        } else {
            rig.disk.fail_operation(n, EIO);
        }
        bool erased = run(rig);
        if (cut) {
            rig.disk.power_cut(random.below(2) == 0 ? PowerCut::kForget : PowerCut::kPrefix,
                               random);
        }
        rig.disk.reset_count();
        check_log(rig);
        REQUIRE((*rig.open())->close());
        check_log(rig);
        size_t left = stanzas_of(rig, 0, Section::kPrompt) + stanzas_of(rig, 1, Section::kPrompt);
        CHECK((left == 0 || (left == 2 && !erased)));  // all of it, or it was never sealed
        kept += left == 0 ? 0U : 1U;
        CHECK(rig.verify().verdict == Verdict::kClean);
    }
    CHECK(kept > 0);
    CHECK(kept < total);
}
