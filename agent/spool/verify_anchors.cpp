#include "spool/verify_anchors.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

AnchorCheck::AnchorCheck(KeptCheckpoints kept)
    : kept_(std::move(kept.list)), files_(std::move(kept.files)) {
    std::erase_if(kept_, [this](const KeptCheckpoint& one) {
        return one.tree_size == 0 || one.file >= files_.size();
    });
    std::sort(kept_.begin(), kept_.end());
    advance();
}

void AnchorCheck::advance() {
    next_size_ =
        next_ < kept_.size() ? kept_[next_].tree_size : std::numeric_limits<uint64_t>::max();
}

bool AnchorCheck::agrees(MerkleTree& tree) {
    Digest root = tree.root();
    for (; next_ < kept_.size() && kept_[next_].tree_size == tree.size(); ++next_) {
        if (kept_[next_].root != root) {
            accuser_ = next_;
            return false;
        }
    }
    advance();
    return true;
}

// Seals come in order of their size, several may have the same.
bool AnchorCheck::note_seal(uint64_t tree_size, UnixNanos at) {
    sealed_at_ = at;
    sealed_size_ = tree_size;
    for (; sealed_ < kept_.size() && kept_[sealed_].tree_size <= tree_size; ++sealed_) {
        if (kept_[sealed_].tree_size < tree_size) {
            accuser_ = sealed_;
            return false;
        }
    }
    accuser_ = sealed_;
    if (sealed_ > 0 && kept_[sealed_ - 1].tree_size == tree_size) {
        anchored_at_ = at;
    }
    return true;
}

void AnchorCheck::report(uint64_t tree_size, VerifyReport& report) const {
    report.sealed_at = sealed_at_;
    report.unanchored_leaves = tree_size;
    report.unanchored = true;
    if (sealed_ == 0) {
        return;
    }
    const KeptCheckpoint& newest = kept_[sealed_ - 1];
    report.anchors = sealed_;
    report.anchored_size = newest.tree_size;
    report.anchored_at = anchored_at_;
    report.anchor_file = file_of(newest);
    report.unanchored_leaves = tree_size - newest.tree_size;
    report.unanchored = sealed_size_ != newest.tree_size &&
                        sealed_at_.value - anchored_at_.value > kAnchorAgeMaxNanos;
}

}  // namespace llmtrail
