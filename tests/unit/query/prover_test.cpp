#include "query/prover.h"

#include "anchor/checkpoint_note.h"
#include "query_rig.h"
#include "spool/verify.h"

using namespace llmtrail;

namespace {

SigningKey identity_key(QueryRig& rig) {
    return std::move(load_local_keys(rig.disk, rig.options.key_directory)->identity);
}

Bytes note_of(QueryRig& rig, uint64_t size, const Digest& root) {
    SigningKey key = identity_key(rig);
    auto log_id = log_id_of(key.public_key());
    return make_checkpoint_note({checkpoint_origin({log_id.data(), log_id.size()}), size, root},
                                key);
}

// The trees that the log's seals sign, by size.
std::map<uint64_t, Digest> seals_of(QueryRig& rig) {
    struct Seals : ScanVisitor {
        bool wants(uint64_t, const std::vector<Digest>&) override { return false; }

        void settled(Evidence, const SealBody* seal) override {
            if (seal != nullptr) {
                roots[seal->tree_size] = seal->root;
            }
        }

        std::map<uint64_t, Digest> roots;
    } seals;

    REQUIRE(SpoolScan(rig.disk, rig.scan_options(), nullptr).run(seals));
    return seals.roots;
}

ScanOptions from(QueryRig& rig, uint64_t index) {
    ScanOptions options = rig.scan_options();
    options.first_index = index;
    options.from_there = true;
    return options;
}

void check_holds(QueryRig& rig, const Proof& proof) {
    ProofReport report = check_proof(encode_proof(proof), rig.identity());
    CHECK_MESSAGE(report.verdict == ProofVerdict::kHolds, report.reason);
}

constexpr SectionChoice kNothing{};

}  // namespace

TEST_CASE("every leaf of a log is proved, whichever seal the checkpoint repeats") {
    QueryRig rig;
    rig.write(40);
    REQUIRE(rig.segments().size() > 1);
    std::map<uint64_t, Digest> seals = seals_of(rig);
    SpoolKey key = rig.role_key(Role::kModelAdministrator);
    uint64_t leaves = seals.rbegin()->first;
    for (uint64_t index = 0; index < leaves; ++index) {
        CAPTURE(index);
        auto covering = seals.upper_bound(index);
        std::advance(covering, index % 3 == 0 || std::next(covering) == seals.end() ? 0 : 1);
        NoteBook notes(rig.identity());
        REQUIRE(notes.add(note_of(rig, covering->first, covering->second)));
        InclusionProver prover(notes, index, kNothing);
        REQUIRE(SpoolScan(rig.disk, from(rig, index), &key).run(prover));
        REQUIRE(prover.seen());
        Result<InclusionProof> proof = prover.make();
        REQUIRE_MESSAGE(proof, proof.error().message);
        bool is_record =
            std::find(rig.indexes.begin(), rig.indexes.end(), index) != rig.indexes.end();
        CHECK(std::holds_alternative<RecordPreimage>(proof->preimage) == is_record);
        check_holds(rig, *proof);
    }
}

TEST_CASE("an opened section is the record's, and holds no key") {
    QueryRig rig;
    rig.write(20);
    auto last = *seals_of(rig).rbegin();
    NoteBook notes(rig.identity());
    REQUIRE(notes.add(note_of(rig, last.first, last.second)));
    uint64_t index = rig.indexes[5];
    SectionChoice open = {false, true, false, true};
    InclusionProver prover(notes, index, open);
    SpoolKey key = rig.role_key(Role::kPromptEngineer);
    REQUIRE(SpoolScan(rig.disk, from(rig, index), &key).run(prover));
    Result<InclusionProof> proof = prover.make();
    REQUIRE(proof);
    check_holds(rig, *proof);
    const auto& record = std::get<RecordPreimage>(proof->preimage);
    AuditRecord read;
    REQUIRE(decode_section(record.opened[1]->bytes, Section::kPrompt, read));
    REQUIRE(decode_section(record.opened[3]->bytes, Section::kOutput, read));
    CHECK(read.text(Field::kPromptText) == "PROMPT number 5 Quoted \"word\"");
    CHECK(read.text(Field::kResponseText) == "OUTPUT\nnumber 5");
    CHECK_FALSE(record.opened[0]);
    CHECK_FALSE(record.opened[2]);
}

TEST_CASE("a section that is empty or for another role is not opened, and the reason is said") {
    QueryRig rig;
    rig.write(20);
    auto last = *seals_of(rig).rbegin();
    NoteBook notes(rig.identity());
    REQUIRE(notes.add(note_of(rig, last.first, last.second)));
    auto refusal = [&](Role role, size_t record, SectionChoice open) {
        InclusionProver prover(notes, rig.indexes[record], open);
        SpoolKey key = rig.role_key(role);
        REQUIRE(SpoolScan(rig.disk, from(rig, rig.indexes[record]), &key).run(prover));
        return prover.refusal();
    };
    CHECK(refusal(Role::kAnalyst, 3, {false, false, false, true}) == "its section output is empty");
    CHECK(refusal(Role::kAnalyst, 4, {false, false, false, true}).empty());
    CHECK(refusal(Role::kAnalyst, 4, {false, true, false, false}) ==
          "this key does not open its section prompt");
}

TEST_CASE("without a key the leaf alone is proved") {
    QueryRig rig;
    rig.write(20);
    auto last = *seals_of(rig).rbegin();
    NoteBook notes(rig.identity());
    REQUIRE(notes.add(note_of(rig, last.first, last.second)));
    InclusionProver prover(notes, rig.indexes[5], kNothing);
    REQUIRE(SpoolScan(rig.disk, from(rig, rig.indexes[5]), nullptr).run(prover));
    Result<InclusionProof> proof = prover.make();
    REQUIRE(proof);
    CHECK(std::get<BareLeaf>(proof->preimage).leaf == rig.leaves[5]);
    check_holds(rig, *proof);
}

TEST_CASE("experiments 55 and 56: an event deleted or altered in the SIEM is told by the leaves") {
    QueryRig rig;
    rig.write(40);
    auto last = *seals_of(rig).rbegin();
    std::map<uint64_t, Digest> events;  // index and leaf, as each event carries them
    for (size_t i = 0; i < rig.indexes.size(); ++i) {
        events[rig.indexes[i]] = rig.leaves[i];
    }
    uint64_t deleted = rig.indexes[17];
    uint64_t altered = rig.indexes[23];
    events.erase(deleted);
    events[altered][0] = static_cast<char>(events[altered][0] ^ 1);

    struct Comparison : ScanVisitor {
        bool wants(uint64_t first_index, const std::vector<Digest>& leaves) override {
            for (size_t i = 0; i < leaves.size(); ++i) {
                auto event = events->find(first_index + i);
                if (event == events->end()) {
                    missing.push_back(first_index + i);
                } else if (event->second != leaves[i]) {
                    different.push_back(first_index + i);
                }
            }
            return false;
        }

        const std::map<uint64_t, Digest>* events = nullptr;
        std::vector<uint64_t> missing;
        std::vector<uint64_t> different;
    } comparison;

    comparison.events = &events;
    REQUIRE(SpoolScan(rig.disk, rig.scan_options(), nullptr).run(comparison));
    CHECK(comparison.missing == std::vector<uint64_t>{deleted});
    CHECK(comparison.different == std::vector<uint64_t>{altered});
    // What is missing is proved to have been there, with its content; another content is not.
    SpoolKey key = rig.role_key(Role::kAuditor);
    NoteBook notes(rig.identity());
    REQUIRE(notes.add(note_of(rig, last.first, last.second)));
    InclusionProver prover(notes, deleted, {false, true, false, false});
    REQUIRE(SpoolScan(rig.disk, from(rig, deleted), &key).run(prover));
    Result<InclusionProof> proof = prover.make();
    REQUIRE(proof);
    check_holds(rig, *proof);
    Bytes& text = std::get<RecordPreimage>(proof->preimage).opened[1]->bytes;
    text.back() = static_cast<char>(text.back() ^ 1);
    CHECK(check_proof(encode_proof(*proof), rig.identity()).verdict == ProofVerdict::kDoesNotHold);
}

TEST_CASE("a checkpoint in the log's own records is found and used") {
    QueryRig rig;
    rig.close = false;
    rig.write(12);
    auto last = *seals_of(rig).rbegin();
    auto writer = rig.open();
    REQUIRE(writer);
    AuditRecord checkpoint;
    checkpoint.set_text(Field::kEventKind, "agent");
    checkpoint.set_text(Field::kCheckpointNote, note_of(rig, last.first, last.second));
    rig.append(**writer, checkpoint);
    rig.commit(**writer);
    REQUIRE((*writer)->close());
    NoteBook notes(rig.identity());
    InclusionProver prover(notes, rig.indexes[2], kNothing);
    SpoolKey key = rig.role_key(Role::kModelAdministrator);
    REQUIRE(SpoolScan(rig.disk, from(rig, rig.indexes[2]), &key).run(prover));
    Result<InclusionProof> proof = prover.make();
    REQUIRE_MESSAGE(proof, proof.error().message);
    check_holds(rig, *proof);
    CHECK(open_checkpoint_note(
              proof->checkpoint,
              decode_checkpoint_text(parse_signed_note(proof->checkpoint)->text)->origin,
              rig.identity())
              ->tree_size == last.first);
    NoteBook none(rig.identity());
    InclusionProver keyless(none, rig.indexes[2], kNothing);
    REQUIRE(SpoolScan(rig.disk, from(rig, rig.indexes[2]), nullptr).run(keyless));
    CHECK(keyless.make().error().code == ErrorCode::kNotFound);
    CHECK(keyless.newest_size().has_value());
}

TEST_CASE("a checkpoint that names another root gives no proof but a contradiction") {
    QueryRig rig;
    rig.write(20);
    auto last = *seals_of(rig).rbegin();
    NoteBook notes(rig.identity());
    REQUIRE(notes.add(note_of(rig, last.first, sha256("another history"))));
    InclusionProver prover(notes, rig.indexes[5], kNothing);
    SpoolKey key = rig.role_key(Role::kAuditor);
    REQUIRE(SpoolScan(rig.disk, from(rig, rig.indexes[5]), &key).run(prover));
    CHECK(prover.make().error().code == ErrorCode::kCorrupt);
}

TEST_CASE("the log of any seal is shown to begin with that of any earlier one") {
    QueryRig rig;
    rig.write(40);
    std::map<uint64_t, Digest> seals = seals_of(rig);
    NoteBook notes(rig.identity());
    for (const auto& [size, root] : seals) {
        REQUIRE(notes.add(note_of(rig, size, root)));
    }
    for (const auto& [old_size, old_root] : seals) {
        for (const auto& [new_size, new_root] : seals) {
            if (new_size < old_size || (old_size + new_size) % 3 == 1) {
                continue;
            }
            ConsistencyProver prover(notes, old_size, new_size);
            REQUIRE(SpoolScan(rig.disk, from(rig, old_size), nullptr).run(prover));
            REQUIRE(prover.reached());
            Result<ConsistencyProof> proof = prover.make();
            REQUIRE(proof);
            check_holds(rig, *proof);
        }
    }
    ConsistencyProver beyond(notes, 3, 100'000);
    REQUIRE(SpoolScan(rig.disk, from(rig, 3), nullptr).run(beyond));
    CHECK_FALSE(beyond.reached());
}

TEST_CASE("changed bytes before the checkpoint never give a proof that holds for another record") {
    QueryRig rig;
    rig.write(20);
    auto last = *seals_of(rig).rbegin();
    NoteBook notes(rig.identity());
    REQUIRE(notes.add(note_of(rig, last.first, last.second)));
    SpoolKey key = rig.role_key(Role::kAuditor);
    FakeRandom random(3);
    uint64_t index = rig.indexes[5];
    std::string name = rig.segments()[0];
    Bytes kept = rig.disk.content(rig.path(name));
    for (int turn = 0; turn < 150; ++turn) {
        rig.flip(name, random.below(kept.size()));
        InclusionProver prover(notes, index, {true, true, true, false});
        REQUIRE(SpoolScan(rig.disk, from(rig, index), &key).run(prover));
        Result<InclusionProof> proof =
            prover.seen() ? prover.make() : fail(ErrorCode::kNotFound, "not seen");
        if (proof) {
            ProofReport report = check_proof(encode_proof(*proof), rig.identity());
            bool honest =
                report.verdict != ProofVerdict::kHolds || leaf_of(*proof) == rig.leaves[5];
            CHECK(honest);
        }
        rig.disk.put_file(rig.path(name), kept);
    }
}
