#include "query/prover.h"

#include <algorithm>
#include <utility>

#include "query/checkpoint_record.h"
#include "query/found_record.h"
#include "spool/anchor_frame.h"

namespace llmtrail {
namespace {

constexpr size_t kProblemsKept = 100;
constexpr size_t kSnapshotsMax = 4096;  // seals to wait for a checkpoint: more than an hour of them
constexpr uint64_t kBlocksPerRecord = 2;

std::string contradiction_of(uint64_t size) {
    return "a checkpoint of " + std::to_string(size) +
           " leaves, signed by the log's own key, names another root than this spool has";
}

}  // namespace

void Prover::batch(const OpenedBatch& batch, SegmentOpeners&) {
    for (size_t at = 0; at < batch.batch.records.size(); ++at) {
        std::optional<Bytes> note = checkpoint_note_in(batch.batch.section(at, Section::kEnvelope));
        if (note) {
            (void)notes_.add(*note);
        }
    }
}

void Prover::control(const FrameView& frame, const Digest&) {
    if (frame.header.type != FrameType::kAnchor) {
        return;
    }
    Result<AnchorBody> anchor = decode_anchor(frame.clear);
    if (anchor && anchor->kind == AnchorHolderKind::kWitness) {
        (void)notes_.add(anchor->receipt);  // the note with the witness's cosignature
    }
}

void Prover::problem(const ScanProblem& problem) {
    if (problems_.size() < kProblemsKept) {
        problems_.push_back(problem);
    }
}

InclusionProver::InclusionProver(NoteBook& notes, uint64_t index, const SectionChoice& open)
    : Prover(notes), index_(index), open_(open), chosen_(notes.first_size_above(index)) {}

void InclusionProver::begins(const SegmentHeader&, const MerkleTree& tree) {
    if (!path_ && tree.size() <= index_) {
        path_ = MerklePath::of_leaf(index_, tree);
    }
}

void InclusionProver::leaf(uint64_t index, const Digest& leaf) {
    if (!path_ || index != path_->size()) {
        return;  // behind damage: no path leads there
    }
    path_->add(leaf);
    if (index == index_) {
        leaf_ = leaf;
    }
    if (chosen_ == path_->size()) {
        keep_snapshot();
    }
}

bool InclusionProver::wants(uint64_t first_index, const std::vector<Digest>& leaves) {
    return !chosen_ || (index_ >= first_index && index_ - first_index < leaves.size());
}

void InclusionProver::batch(const OpenedBatch& opened, SegmentOpeners& openers) {
    Prover::batch(opened, openers);
    const Batch& batch = opened.batch;
    if (index_ >= batch.first_index && index_ < batch.end_index()) {
        size_t at = static_cast<size_t>(index_ - batch.first_index);
        RecordPreimage record;
        record.commitments = batch.records[at].commitments;
        Bytes blinding;
        for (Section section : kSections) {
            size_t s = index_of(section);
            if (!open_[s]) {
                continue;
            }
            if (record.commitments[s] == Digest{}) {
                refusal_ = "its section " + std::string(section_name(section)) + " is empty";
            } else if (!opened_section(batch, section)) {
                refusal_ =
                    "this key does not open its section " + std::string(section_name(section));
            } else {
                openers.keystream(section).generate(index_ * kBlocksPerRecord, kBlocksPerRecord,
                                                    blinding);
                Opening opening;
                std::copy(blinding.begin(), blinding.end(), opening.blinding.begin());
                opening.bytes = batch.section(at, section);
                record.opened[s] = std::move(opening);
            }
        }
        record_ = std::move(record);
    }
    note_arrived();
}

void InclusionProver::control(const FrameView& frame, const Digest& frame_digest) {
    if (frame.header.index == index_) {
        frame_digest_ = frame_digest;
    }
    Prover::control(frame, frame_digest);
    note_arrived();
}

void InclusionProver::settled(Evidence, const SealBody* seal) {
    if (seal != nullptr && leaf_ && !chosen_) {
        keep_snapshot();
        note_arrived();
    }
}

void InclusionProver::keep_snapshot() {
    std::optional<std::vector<Digest>> hashes = path_->hashes();
    if (!hashes || (!snapshots_.empty() && snapshots_.back().size == path_->size())) {
        return;
    }
    snapshots_.push_back({path_->size(), path_->root(), std::move(*hashes)});
    if (snapshots_.size() > kSnapshotsMax) {
        snapshots_.pop_front();
    }
}

const InclusionProver::Snapshot* InclusionProver::snapshot(uint64_t size) const {
    auto found = std::find_if(snapshots_.begin(), snapshots_.end(),
                              [&](const Snapshot& each) { return each.size == size; });
    return found == snapshots_.end() ? nullptr : &*found;
}

// A checkpoint repeats a SEAL that was passed: is one of those kept meant?
void InclusionProver::note_arrived() {
    for (const Snapshot& each : snapshots_) {
        if (!chosen_ && notes_.of_size(each.size) != nullptr) {
            chosen_ = each.size;
        }
    }
}

bool InclusionProver::done() const {
    return !refusal_.empty() || (chosen_ && snapshot(*chosen_) != nullptr);
}

std::optional<uint64_t> InclusionProver::newest_size() const {
    return snapshots_.empty() ? std::nullopt : std::optional(snapshots_.back().size);
}

Digest InclusionProver::root_at(uint64_t tree_size) const {
    const Snapshot* kept = snapshot(tree_size);
    return kept != nullptr ? kept->root : Digest{};
}

Result<InclusionProof> InclusionProver::make() const {
    const Snapshot* chosen = nullptr;
    const HeldNote* note = nullptr;
    for (const Snapshot& each : snapshots_) {
        note = notes_.of_size(each.size);
        if (note != nullptr) {
            chosen = &each;
            break;
        }
    }
    if (chosen == nullptr) {
        return fail(ErrorCode::kNotFound, "no checkpoint covers leaf " + std::to_string(index_));
    }
    if (note->root != chosen->root) {
        return fail(ErrorCode::kCorrupt, contradiction_of(chosen->size));
    }
    InclusionProof proof;
    proof.index = index_;
    proof.path = chosen->path;
    proof.checkpoint = note->note;
    if (record_) {
        proof.preimage = *record_;
    } else if (frame_digest_) {
        proof.preimage = FramePreimage{*frame_digest_};
    } else {
        proof.preimage = BareLeaf{*leaf_};
    }
    return proof;
}

ConsistencyProver::ConsistencyProver(NoteBook& notes, uint64_t old_size, uint64_t new_size)
    : Prover(notes), old_size_(old_size), new_size_(new_size) {}

void ConsistencyProver::begins(const SegmentHeader&, const MerkleTree& tree) {
    if (!path_ && tree.size() <= old_size_) {
        path_ = MerklePath::of_tree(old_size_, tree);
        look();
    }
}

void ConsistencyProver::leaf(uint64_t index, const Digest& leaf) {
    if (path_ && index == path_->size() && path_->size() < new_size_) {
        path_->add(leaf);
        look();
    }
}

// The tree has one of the two sizes.
void ConsistencyProver::look() {
    if (path_->size() == old_size_) {
        old_root_ = path_->root();
    }
    if (path_->size() == new_size_) {
        new_root_ = path_->root();
        hashes_ = path_->hashes().value_or(std::vector<Digest>());
    }
}

bool ConsistencyProver::wants(uint64_t, const std::vector<Digest>&) {
    return notes_.of_size(old_size_) == nullptr || notes_.of_size(new_size_) == nullptr;
}

bool ConsistencyProver::done() const {
    return reached() && notes_.of_size(old_size_) != nullptr &&
           notes_.of_size(new_size_) != nullptr;
}

Result<ConsistencyProof> ConsistencyProver::make() const {
    const HeldNote* old_note = notes_.of_size(old_size_);
    const HeldNote* new_note = notes_.of_size(new_size_);
    if (old_note == nullptr || new_note == nullptr) {
        return fail(ErrorCode::kNotFound,
                    "no checkpoint of " +
                        std::to_string(old_note == nullptr ? old_size_ : new_size_) +
                        " leaves is at hand");
    }
    if (old_note->root != *old_root_ || new_note->root != *new_root_) {
        return fail(ErrorCode::kCorrupt,
                    contradiction_of(old_note->root != *old_root_ ? old_size_ : new_size_));
    }
    return ConsistencyProof{old_note->note, old_size_, hashes_, new_note->note};
}

}  // namespace llmtrail
