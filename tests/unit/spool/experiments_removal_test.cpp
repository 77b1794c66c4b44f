// Experiments 10, 11 and 51, and what else may be done to a log of which parts were removed by its
// own rules: pruned segments, erased sections, destroyed local wraps, keys of roles.
#include <doctest/doctest.h>

#include "crafted_log.h"
#include "experiment_rig.h"
#include "removal_rig.h"
#include "spool/role_key.h"

using namespace llmtrail;

namespace {

constexpr int64_t kLongMs = 7'200'000;

// The older segments are pruned, the newest two are there, ended in order. What stood before is
// kept aside.
struct PrunedLog : Experiment {
    PrunedLog() {
        options.retention.max_age_ms = 3'600'000;
        options.retention.required_outputs = {"soc"};
        FakeRandom shapes(61);
        Workload work;
        std::unique_ptr<SpoolWriter> writer = std::move(*open());
        for (int i = 0; i < 5; ++i) {
            REQUIRE(work.run(*this, *writer, 2, shapes));
            REQUIRE(writer->seal(SealReason::kSegmentEnd));
        }
        keep_trust();
        keep_checkpoint();
        writer->note_cursors({{"soc", writer->next_index()}});
        writer->note_coverage({writer->next_index(), "checkpoint sent to soc"});
        for (const std::string& name : disk.names(options.directory)) {
            before[name] = disk.content(path(name));
        }
        clock.advance_millis(kLongMs);
        for (int i = 0; i < 20; ++i) {
            REQUIRE(writer->retain());
        }
        REQUIRE(writer->close());
        writer.reset();
        keep_checkpoint();
        while (disk.exists(leaf_path(pruned))) {
            ++pruned;
        }
        REQUIRE(pruned >= 4);
        REQUIRE(segments().size() == 2);
    }

    std::string leaf_path(uint64_t no) const { return path(leaf_file_name(no)); }

    Bytes leaf(uint64_t no) const { return disk.content(leaf_path(no)); }

    void put_leaf(uint64_t no, ByteView bytes) { disk.put_file(leaf_path(no), bytes); }

    void put_back(const std::string& name) { disk.put_file(path(name), before[name]); }

    std::map<std::string, Bytes> before;
    uint64_t pruned = 0;  // segments
};

Bytes repaired(Bytes leaf_file) {
    Bytes crc;
    put_u32(crc, crc32c(ByteView(leaf_file).substr(0, leaf_file.size() - 4)));
    leaf_file.replace(leaf_file.size() - 4, 4, crc);
    return leaf_file;
}

// Four segments, for the host and for one recipient of each role; ended in order.
struct RoleLog : Experiment {
    RoleLog() {
        for (Role role : kRoles) {
            roles.push_back(*RoleKey::generate(role, random));
            options.recipients.push_back(roles.back().recipient());
        }
        options.retention.required_outputs = {"soc"};
        FakeRandom shapes(9);
        writer = std::move(*open());
        fill(*this, *writer, 4, 2, shapes);
        writer->note_cursors({{"soc", writer->next_index()}});
        keep_trust();
    }

    VerifyReport verify_as(Role role) {
        SpoolKey key(std::move(roles[static_cast<size_t>(role)]));
        VerifyOptions asked = without_keys();
        asked.key = &key;
        VerifyReport report = verify_spool(asked, disk);
        roles[static_cast<size_t>(role)] = std::move(std::get<RoleKey>(key));
        return report;
    }

    std::vector<RoleKey> roles;
    std::unique_ptr<SpoolWriter> writer;
};

}  // namespace

TEST_CASE("a pruned log is CLEAN, anchors from before the pruning included") {
    PrunedLog log;
    log.expect(Verdict::kClean, Verdict::kClean);
    VerifyReport report = log.anchored();
    CHECK(report.pruned_segments == log.pruned);
    CHECK(report.anchors == 2);
    CHECK(report.content_checked);
    CHECK(report.records > 10);
    CHECK(report.unopened_segments == 0);
}

TEST_CASE("experiments 10 and 11: a crash at any step of a pruning is no fault of the log") {
    PrunedLog log;
    Bytes leaf = log.leaf(1);
    auto expect_clean = [&] {
        log.expect(Verdict::kClean, Verdict::kClean);
        log.put_leaf(1, leaf);
        log.remove(1);
        log.disk.remove_file(log.path(keys_file_name(1)));
    };
    log.put_back(segment_file_name(1));
    log.put_back(keys_file_name(1));
    log.disk.remove_file(log.leaf_path(1));
    expect_clean();
    log.put_back(segment_file_name(1));
    log.put_back(keys_file_name(1));
    expect_clean();
    log.put_back(segment_file_name(1));  // its keys went first
    log.put_leaf(1, "half");
    expect_clean();
    log.put_back(keys_file_name(1));  // its keys came back
    expect_clean();
    log.disk.put_file(log.leaf_path(1) + ".new", "half");
    expect_clean();
}

TEST_CASE("a leaf file that no sealed pruning speaks of is TAMPERED, beside its segment, too") {
    PrunedLog log;
    for (uint64_t no : {log.pruned, log.pruned + 1, uint64_t{77}}) {
        log.put_leaf(no, log.leaf(3));
        VerifyReport report = log.verify_keyless();
        check_verdict(report, Verdict::kTampered);
        CHECK(report.segment ==
              (no == 77 ? segment_file_name(log.pruned + 2) : leaf_file_name(no)));
        CHECK(report.frame == 0);
        CHECK(report.offset == 0);
        log.disk.remove_file(log.leaf_path(no));
    }
    Experiment unpruned = Experiment::closed(2, 3);
    unpruned.disk.put_file(unpruned.path(leaf_file_name(0)), log.leaf(0));
    unpruned.expect_tampered();
    unpruned.remove(0);  // in the place of the segment that an attacker wants away
    unpruned.expect_tampered();
}

TEST_CASE("a leaf file with any byte changed, checksum right, is TAMPERED without keys") {
    PrunedLog log;
    Bytes whole = log.leaf(1);
    for (size_t at = 0; at < whole.size() - 4; at += 3) {
        if (at == 8 || at == 9 || (at >= 16 + 16 && at < 16 + 20) ||
            (at >= 16 + 8 && at < 16 + 10) || (at >= 16 + 96 && at < 16 + 100)) {
            continue;  // versions and suites
        }
        CAPTURE(at);
        Bytes bytes = whole;
        flip(bytes, at);
        log.put_leaf(1, repaired(bytes));
        VerifyReport report = log.verify_keyless();
        check_verdict(report, Verdict::kTampered);
        log.put_leaf(1, bytes);
        report = log.verify_keyless();
        check_verdict(report, Verdict::kTampered);
        CHECK(report.segment == leaf_file_name(1));
        CHECK(report.offset == 0);
    }
    for (size_t size = 0; size < whole.size(); size += 11) {
        log.put_leaf(1, whole.substr(0, size));
        check_verdict(log.verify_keyless(), Verdict::kTampered);
    }
}

TEST_CASE("leaf files exchanged, taken away or cut by whole items are TAMPERED") {
    PrunedLog log;
    Bytes first = log.leaf(1);
    Bytes second = log.leaf(2);
    log.put_leaf(1, second);
    log.expect_tampered();
    log.put_leaf(2, first);
    log.expect_tampered();
    log.put_leaf(1, first);
    log.disk.remove_file(log.leaf_path(2));
    log.expect_tampered();
    log.put_leaf(2, second);
    log.expect(Verdict::kClean, Verdict::kClean);
    // Its last item gone: the segment does not end where the next begins.
    size_t header = *segment_header_size(ByteView(second).substr(16));
    std::vector<size_t> items;
    for (size_t at = 16 + header; at + 4 < second.size();) {
        items.push_back(at);
        at += 5 + ByteReader(ByteView(second).substr(at + 1)).u32();
    }
    for (size_t at : items) {
        log.put_leaf(2, repaired(second.substr(0, at) + "crc!"));
        log.expect_tampered();
    }
}

TEST_CASE("prunings and erasures that break a rule are TAMPERED, whoever made them") {
    auto judged = [](FrameType type, auto change) {
        CraftedLog log;
        log.begin();
        log.batch();
        log.seal(kSealSegmentEnd, {}, true);
        MerkleTree tree = log.tree();
        log.next_segment(log.next_key(), [](SegmentHeader&) {});
        log.positions();
        PruneBody prune{0, 0, tree.size(), tree.root(), PruneReason::kAge, "policy"};
        EraseBody erase{0, 0, 2, "basis", "approver"};
        change(prune, erase);
        log.control(type, type == FrameType::kPrune ? encode_prune(prune) : encode_erase(erase));
        log.seal(kSealCleanShutdown);
        VerifyReport report = log.verify();
        CHECK(report.verdict == log.verify_keyless().verdict);
        return report;
    };
    auto pruned = [&](auto change) {
        return judged(FrameType::kPrune, [&](PruneBody& body, EraseBody&) { change(body); });
    };
    auto erased = [&](auto change) {
        return judged(FrameType::kErase, [&](PruneBody&, EraseBody& body) { change(body); });
    };
    check_verdict(pruned([](PruneBody&) {}), Verdict::kClean);
    check_verdict(pruned([](PruneBody& body) { body.last_segment = 1; }), Verdict::kTampered);
    check_verdict(pruned([](PruneBody& body) { body.first_segment = 1; }), Verdict::kTampered);
    check_verdict(pruned([](PruneBody& body) { body.last_segment = kWithoutEnd; }),
                  Verdict::kTampered);
    check_verdict(pruned([](PruneBody& body) { body.end_index += 1; }), Verdict::kTampered);
    check_verdict(pruned([](PruneBody& body) { flip_first(body.root); }), Verdict::kTampered);
    check_verdict(pruned([](PruneBody& body) { body.reason = static_cast<PruneReason>(4); }),
                  Verdict::kTampered);
    VerifyReport report = erased([](EraseBody&) {});
    check_verdict(report, Verdict::kClean);
    REQUIRE(report.erased.size() == 1);
    CHECK(report.unfinished_erasures == 1);  // the key still stands
    check_verdict(erased([](EraseBody& body) { body.last_segment = 1; }), Verdict::kTampered);
    check_verdict(erased([](EraseBody& body) { body.section_mask = 1; }), Verdict::kTampered);
    check_verdict(erased([](EraseBody& body) { body.approver.clear(); }), Verdict::kTampered);
}

TEST_CASE("a pruning that names a segment twice, and one that no seal follows") {
    CraftedLog log;
    log.begin();
    log.seal(kSealSegmentEnd, {}, true);
    MerkleTree tree = log.tree();
    log.next_segment(log.next_key(), [](SegmentHeader&) {});
    log.positions();
    Bytes body = encode_prune({0, 0, tree.size(), tree.root(), PruneReason::kAge, ""});
    log.control(FrameType::kPrune, body);
    check_verdict(log.verify(), Verdict::kOpenTail);
    log.put_beside(leaf_file_name(0), "not sealed, so not explained");
    VerifyReport report = log.verify();
    check_verdict(report, Verdict::kTampered);
    CHECK(report.segment == leaf_file_name(0));
    log.seal(kSealInterval);
    check_verdict(log.verify(), Verdict::kOpenTail);
    log.control(FrameType::kPrune, body);
    check_verdict(log.verify(), Verdict::kTampered);
}

TEST_CASE("experiment 51: an erased section is ERASED, a deleted key file is not") {
    RoleLog log;
    REQUIRE(log.writer->seal(SealReason::kSegmentEnd));
    log.writer->note_cursors({{"soc", log.writer->next_index()}});
    REQUIRE(log.writer->erase({1, 2, section_bit(Section::kPrompt), "request 12", "DPO"}));
    REQUIRE(log.writer->close());
    log.keep_checkpoint();
    log.expect(Verdict::kClean, Verdict::kClean);
    for (const VerifyReport& report : {log.verify(), log.verify_as(Role::kAuditor)}) {
        check_verdict(report, Verdict::kClean);
        REQUIRE(report.erased.size() == 1);
        CHECK(report.erased[0].segments.first == 1);
        CHECK(report.erased[0].segments.last == 2);
        CHECK(report.sections[1].erased == 2);
        CHECK(report.sections[1].unchecked == 0);
        CHECK(report.content_checked);
        CHECK(report.unfinished_erasures == 0);
    }
    log.disk.remove_file(log.path(keys_file_name(1)));
    check_verdict(log.verify(), Verdict::kCannotVerify);
    check_verdict(log.anchored(), Verdict::kCannotVerify);
    check_verdict(log.verify_keyless(), Verdict::kClean);
}

TEST_CASE("each role checks its own sections and is told which were not checked") {
    RoleLog log;
    REQUIRE(log.writer->close());
    for (Role role : kRoles) {
        CAPTURE(role_name(role));
        VerifyReport report = log.verify_as(role);
        check_verdict(report, Verdict::kClean);
        CHECK(report.content_checked == (role == Role::kAuditor));
        for (Section section : kSections) {
            const SectionReach& reach = report.sections[static_cast<size_t>(section)];
            CHECK(reach.checked == (role_opens(role, section) ? 4U : 0U));
            CHECK(reach.unchecked == (role_opens(role, section) ? 0U : 4U));
        }
    }
    // A change in a section is found by every role that opens it, in its frame.
    Bytes whole = log.segment(1);
    FramePlace place = find_frame(whole, FrameType::kBatch);
    FrameView frame;
    REQUIRE(split_frame(ByteView(whole).substr(place.offset), frame) == FrameFault::kNone);
    for (Section section : kSections) {
        size_t s = static_cast<size_t>(section);
        if (frame.sections[s].empty()) {
            continue;
        }
        Bytes bytes = whole;
        flip(bytes, static_cast<size_t>(frame.sections[s].data() - whole.data()) + 3);
        repair_frame(bytes, place);
        log.put(1, bytes);
        for (Role role : kRoles) {
            VerifyReport report = log.verify_as(role);
            check_verdict(report, Verdict::kTampered);
            if (role_opens(role, section)) {
                CHECK(report.offset == place.offset);
                CHECK(report.section == section_name(section));
            } else {
                CHECK(report.offset > place.offset);
            }
        }
    }
}

TEST_CASE(
    "experiment 49 for keys: one that opens nothing CANNOT verify, and nothing is called checked") {
    RoleLog log;
    REQUIRE(log.writer->close());
    for (bool broken : {false, true}) {
        log.roles[0] = *RoleKey::generate(Role::kAnalyst, log.random);
        if (broken) {  // what is TAMPERED stays so
            Bytes bytes = log.segment(1);
            flip(bytes, bytes.size() - 1);
            log.put(1, bytes);
        }
        VerifyReport report = log.verify_as(Role::kAnalyst);
        check_verdict(report, broken ? Verdict::kTampered : Verdict::kCannotVerify);
        CHECK_FALSE(report.content_checked);
        CHECK(report.unopened_segments > 0);
        for (const SectionReach& reach : report.sections) {
            CHECK(reach.checked == 0);
        }
    }
}
