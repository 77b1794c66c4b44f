// Pruned and erased logs: what is gone is said to be gone, the rest is found, and proofs lead
// through what only leaf files are left of.
#include "anchor/checkpoint_note.h"
#include "query/prover.h"
#include "query/record_lookup.h"
#include "query/record_search.h"
#include "query_rig.h"

using namespace llmtrail;

namespace {

constexpr int64_t kLongMs = int64_t{500} * 86'400'000;  // longer than max_age

// Segments of nine records, the first ones pruned but for the last closed one.
void write_segments(QueryRig& rig, SpoolWriter& writer, int segments) {
    for (int segment = 0; segment < segments; ++segment) {
        for (int batch = 0; batch < 3; ++batch) {
            for (int record = 0; record < 3; ++record) {
                rig.append(writer, numbered_record(rig.next_number++));
            }
            rig.commit(writer);
        }
        REQUIRE(writer.seal(SealReason::kSegmentEnd));
    }
}

struct PrunedLog {
    PrunedLog() {
        rig.options.segment_bytes_max = uint64_t{1} << 20;
        rig.options.segment_age_max_ms = int64_t{4000} * 86'400'000;
        auto writer = rig.open();
        REQUIRE(writer);
        write_segments(rig, **writer, 5);
        (*writer)->note_coverage({(*writer)->next_index(), "checkpoint sent to soc"});
        rig.clock.advance_millis(kLongMs);
        for (int i = 0; i < 20; ++i) {
            REQUIRE((*writer)->retain());
        }
        write_segments(rig, **writer, 1);
        REQUIRE((*writer)->close());
        for (const std::string& name : rig.disk.names(rig.options.directory)) {
            leaf_files += name.ends_with(".leaf") ? 1U : 0U;
        }
        REQUIRE(leaf_files >= 2);
    }

    QueryRig rig;
    size_t leaf_files = 0;
};

}  // namespace

TEST_CASE("a search of a pruned log counts what is gone and finds the rest, sealed") {
    PrunedLog log;
    uint64_t matches = 0;
    uint64_t problems = 0;
    RecordSearch search(
        SearchOptions(),
        [&](const std::string& line) {
            CHECK(line.find('[') == std::string::npos);
            ++matches;
            return true;
        },
        [&](const ScanProblem&) { ++problems; });
    SpoolKey key = log.rig.role_key(Role::kAuditor);
    Result<ScanTotals> totals = SpoolScan(log.rig.disk, log.rig.scan_options(), &key).run(search);
    REQUIRE(totals);
    CHECK(problems == 0);
    CHECK(totals->pruned_segments == log.leaf_files);
    CHECK(totals->pruned_records == 9 * log.leaf_files);
    CHECK(matches == 9 * (6 - log.leaf_files));
}

TEST_CASE("a pruned record is seen with its evidence, and cannot be shown") {
    PrunedLog log;
    RecordLookup lookup(log.rig.indexes[1]);
    SpoolKey key = log.rig.role_key(Role::kAuditor);
    REQUIRE(SpoolScan(log.rig.disk, log.rig.scan_options(), &key).run(lookup));
    CHECK(lookup.seen());
    CHECK_FALSE(lookup.record());
    CHECK(lookup.evidence() == Evidence::kSealed);
}

TEST_CASE("proofs lead through leaf files: a pruned leaf, a later record, and growth") {
    PrunedLog log;
    QueryRig& rig = log.rig;
    LocalKeys keys = *load_local_keys(rig.disk, rig.options.key_directory);
    auto log_id = log_id_of(keys.identity.public_key());

    struct Roots : ScanVisitor {
        bool wants(uint64_t, const std::vector<Digest>&) override { return false; }

        void settled(Evidence evidence, const SealBody* seal) override {
            if (seal != nullptr && evidence == Evidence::kSealed) {
                roots[seal->tree_size] = seal->root;
            }
        }

        std::map<uint64_t, Digest> roots;
    } seals;

    REQUIRE(SpoolScan(rig.disk, rig.scan_options(), nullptr).run(seals));
    NoteBook notes(rig.identity());
    uint64_t first = std::next(seals.roots.begin())->first;
    uint64_t last = seals.roots.rbegin()->first;
    for (uint64_t size : {first, last}) {
        REQUIRE(notes.add(make_checkpoint_note(
            {checkpoint_origin({log_id.data(), log_id.size()}), size, seals.roots.at(size)},
            keys.identity)));
    }
    SpoolKey key = rig.role_key(Role::kAuditor);
    for (size_t record : {size_t{1}, rig.indexes.size() - 1}) {
        InclusionProver prover(notes, rig.indexes[record], {});
        ScanOptions options = rig.scan_options();
        options.first_index = rig.indexes[record];
        options.from_there = true;
        REQUIRE(SpoolScan(rig.disk, options, &key).run(prover));
        Result<InclusionProof> proof = prover.make();
        REQUIRE(proof);
        CHECK(std::holds_alternative<BareLeaf>(proof->preimage) == (record == 1));
        CHECK(leaf_of(*proof) == rig.leaves[record]);
        CHECK(check_proof(encode_proof(*proof), rig.identity()).verdict == ProofVerdict::kHolds);
    }
    ConsistencyProver growth(notes, first, last);
    ScanOptions options = rig.scan_options();
    options.first_index = first;
    options.from_there = true;
    REQUIRE(SpoolScan(rig.disk, options, nullptr).run(growth));
    Result<ConsistencyProof> proof = growth.make();
    REQUIRE(proof);
    CHECK(check_proof(encode_proof(*proof), rig.identity()).verdict == ProofVerdict::kHolds);
}

TEST_CASE("an erased section is named as erased, for every role, and the rest is shown") {
    QueryRig rig;
    auto writer = rig.open();
    REQUIRE(writer);
    write_segments(rig, **writer, 3);
    REQUIRE((*writer)->erase({0, 1, section_bit(Section::kPrompt), "request 12", "DPO"}));
    REQUIRE((*writer)->close());
    for (Role role : kRoles) {
        CAPTURE(role_name(role));
        SpoolKey key = rig.role_key(role);
        RecordLookup erased(rig.indexes[1]);
        REQUIRE(SpoolScan(rig.disk, rig.scan_options(), &key).run(erased));
        REQUIRE(erased.record());
        CHECK(erased.problems().empty());
        CHECK(erased.evidence() == Evidence::kSealed);
        CHECK(erased.record()->sections[1] == SectionState::kErased);
        CHECK(erased.record()->record.text(Field::kUserId) == "u-1");
        RecordLookup kept(rig.indexes[20]);
        REQUIRE(SpoolScan(rig.disk, rig.scan_options(), &key).run(kept));
        REQUIRE(kept.record());
        CHECK(kept.record()->sections[1] ==
              (role_opens(role, Section::kPrompt) ? SectionState::kOpened : SectionState::kSealed));
    }
}
