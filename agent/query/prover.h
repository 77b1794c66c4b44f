// Proofs made while a spool is read once: SpoolScan hands over leaves, batches and seals, these
// keep what the proof needs. Checkpoints come from a NoteBook, which the spool's own checkpoint
// records add to as they are met. Used by `llmtrail prove`. One thread.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "query/note_book.h"
#include "query/proof.h"
#include "query/spool_scan.h"
#include "spool/merkle_proof.h"

namespace llmtrail {

// What both proofs share: notes met on the way, and what went wrong.
class Prover : public ScanVisitor {
 public:
    explicit Prover(NoteBook& notes) : notes_(notes) {}

    void batch(const OpenedBatch& batch, SegmentOpeners& openers) override;
    void control(const FrameView& frame, const Digest& frame_digest) override;
    void problem(const ScanProblem& problem) override;

    const std::vector<ScanProblem>& problems() const { return problems_; }

    // A checkpoint that names another root than the log has: not to be proved, but told.
    const std::string& contradiction() const { return contradiction_; }

 protected:
    NoteBook& notes_;
    std::string contradiction_;

 private:
    std::vector<ScanProblem> problems_;
};

class InclusionProver : public Prover {
 public:
    // `open`: sections to lay open. Ends at the first checkpoint known or met that covers the leaf.
    InclusionProver(NoteBook& notes, uint64_t index, const SectionChoice& open);

    void begins(const SegmentHeader& header, const MerkleTree& tree) override;
    void leaf(uint64_t index, const Digest& leaf) override;
    bool wants(uint64_t first_index, const std::vector<Digest>& leaves) override;
    void batch(const OpenedBatch& batch, SegmentOpeners& openers) override;
    void control(const FrameView& frame, const Digest& frame_digest) override;
    void settled(Evidence evidence, const SealBody* seal) override;
    bool done() const override;

    bool seen() const { return leaf_.has_value(); }

    bool opened() const { return record_.has_value(); }

    // A section that was to be opened and is empty, or that the key does not open.
    const std::string& refusal() const { return refusal_; }

    // The newest SEAL that covers the leaf: what a checkpoint could be made of.
    std::optional<uint64_t> newest_size() const;
    Digest root_at(uint64_t tree_size) const;
    // kNotFound: no checkpoint of a tree that covers the leaf.
    Result<InclusionProof> make() const;

 private:
    struct Snapshot {
        uint64_t size;
        Digest root;
        std::vector<Digest> path;
    };

    const Snapshot* snapshot(uint64_t size) const;
    void keep_snapshot();
    void note_arrived();

    uint64_t index_;
    SectionChoice open_;
    std::optional<MerklePath> path_;
    std::optional<Digest> leaf_;
    std::optional<RecordPreimage> record_;
    std::optional<Digest> frame_digest_;
    std::string refusal_;
    std::deque<Snapshot> snapshots_;  // of seals, ascending
    std::optional<uint64_t> chosen_;
};

class ConsistencyProver : public Prover {
 public:
    ConsistencyProver(NoteBook& notes, uint64_t old_size, uint64_t new_size);

    void begins(const SegmentHeader& header, const MerkleTree& tree) override;
    void leaf(uint64_t index, const Digest& leaf) override;
    bool wants(uint64_t first_index, const std::vector<Digest>& leaves) override;
    bool done() const override;

    // Both trees were passed.
    bool reached() const { return new_root_.has_value(); }

    const Digest& old_root() const { return *old_root_; }

    const Digest& new_root() const { return *new_root_; }

    Result<ConsistencyProof> make() const;

 private:
    void look();

    uint64_t old_size_;
    uint64_t new_size_;
    std::optional<MerklePath> path_;
    std::optional<Digest> old_root_;
    std::optional<Digest> new_root_;
    std::vector<Digest> hashes_;
};

}  // namespace llmtrail
