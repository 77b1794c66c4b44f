#include "pipeline/consistency_proof.h"

#include <optional>
#include <utility>

#include "query/spool_scan.h"
#include "spool/merkle_proof.h"

namespace llmtrail {

namespace {

class ProofVisitor final : public ScanVisitor {
 public:
    ProofVisitor(uint64_t from, uint64_t to) : from_(from), to_(to) {}

    void begins(const SegmentHeader&, const MerkleTree& tree) override {
        if (!path_ && tree.size() <= from_) {
            path_ = MerklePath::of_tree(from_, tree);
        }
    }

    void leaf(uint64_t index, const Digest& leaf) override {
        if (path_ && index == path_->size() && index < to_) {
            path_->add(leaf);
        }
    }

    bool wants(uint64_t, const std::vector<Digest>&) override { return false; }

    bool done() const override { return path_ && path_->size() == to_; }

    Result<std::vector<Digest>> proof() const {
        std::optional<std::vector<Digest>> hashes = done() ? path_->hashes() : std::nullopt;
        if (!hashes) {
            return fail(ErrorCode::kNotFound, "the leaves between " + std::to_string(from_) +
                                                  " and " + std::to_string(to_) +
                                                  " are not in the spool");
        }
        return std::move(*hashes);
    }

 private:
    uint64_t from_;
    uint64_t to_;
    std::optional<MerklePath> path_;
};

}  // namespace

ConsistencyProof consistency_proof_of(FileSystem& files, std::string spool_directory) {
    return [&files, directory = std::move(spool_directory)](
               uint64_t from, uint64_t to) -> Result<std::vector<Digest>> {
        ScanOptions options;
        options.directory = directory;
        options.first_index = from - 1;
        options.from_there = true;
        ProofVisitor visitor(from, to);
        Result<ScanTotals> scanned = SpoolScan(files, options, nullptr).run(visitor);
        if (!scanned) {
            return fail(std::move(scanned.error()));
        }
        return visitor.proof();
    };
}

}  // namespace llmtrail
