#include "spool/merkle_proof.h"

#include <bit>

#include "base/check.h"
#include "spool/format.h"

namespace llmtrail {
namespace {

Digest node(const Digest& left, const Digest& right) {
    Sha256 hash;
    return hash.update({&kNodePrefix, 1}).update(view(left)).update(view(right)).finish();
}

// The root of what the subtrees from `from` on hold; at least one is there.
Digest fold(const std::vector<Digest>& frontier, size_t from) {
    Digest root = frontier.back();
    for (size_t i = frontier.size() - 1; i-- > from;) {
        root = node(frontier[i], root);
    }
    return root;
}

}  // namespace

MerklePath::MerklePath(uint64_t target, bool follows_tree, const MerkleTree& before)
    : target_(target),
      follows_tree_(follows_tree),
      size_(before.size()),
      frontier_(before.frontier()) {
    LLMTRAIL_CHECK(before.size() <= target);
}

MerklePath MerklePath::of_leaf(uint64_t index, const MerkleTree& before) {
    return {index, false, before};
}

MerklePath MerklePath::of_tree(uint64_t size, const MerkleTree& before) {
    LLMTRAIL_CHECK(size > 0);
    MerklePath path(size, true, before);
    path.follow_tree();
    return path;
}

// What is followed then is the smallest of the perfect subtrees that make the tree: its root,
// unless it is the tree itself, begins the proof (RFC 9162, section 2.1.4.1).
void MerklePath::follow_tree() {
    if (!follows_tree_ || size_ != target_) {
        return;
    }
    at_ = frontier_.size() - 1;
    if (frontier_.size() > 1) {
        path_.push_back(frontier_.back());
    }
}

void MerklePath::add(const Digest& leaf) {
    Digest carried = leaf;
    bool holds = !follows_tree_ && size_ == target_;
    for (uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
        const Digest& left = frontier_.back();
        if (holds) {
            path_.push_back(left);
        } else if (at_ == frontier_.size() - 1) {
            path_.push_back(carried);
            holds = true;
        }
        carried = node(left, carried);
        frontier_.pop_back();
    }
    frontier_.push_back(carried);
    size_ += 1;
    if (holds) {
        at_ = frontier_.size() - 1;
    }
    follow_tree();
}

std::optional<std::vector<Digest>> MerklePath::hashes() const {
    if (!at_) {
        return std::nullopt;
    }
    if (follows_tree_ && size_ == target_) {
        return std::vector<Digest>();
    }
    std::vector<Digest> hashes = path_;
    if (*at_ + 1 < frontier_.size()) {
        hashes.push_back(fold(frontier_, *at_ + 1));
    }
    for (size_t i = *at_; i-- > 0;) {
        hashes.push_back(frontier_[i]);
    }
    return hashes;
}

Digest MerklePath::root() const {
    return frontier_.empty() ? sha256({}) : fold(frontier_, 0);
}

bool inclusion_holds(uint64_t index, uint64_t size, const Digest& leaf,
                     const std::vector<Digest>& path, const Digest& root) {
    if (index >= size) {
        return false;
    }
    uint64_t at = index;
    uint64_t last = size - 1;
    Digest made = leaf;
    for (const Digest& hash : path) {
        if (last == 0) {
            return false;
        }
        if ((at & 1) != 0 || at == last) {
            made = node(hash, made);
            int up = (at & 1) != 0 || at == 0 ? 0 : std::countr_zero(at);
            at >>= up;
            last >>= up;
        } else {
            made = node(made, hash);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && made == root;
}

bool consistency_holds(uint64_t old_size, uint64_t new_size, const Digest& old_root,
                       const Digest& new_root, const std::vector<Digest>& proof) {
    if (old_size == 0 || old_size > new_size) {
        return false;
    }
    if (old_size == new_size) {
        return proof.empty() && old_root == new_root;
    }
    bool whole = std::has_single_bit(old_size);  // then the old root itself is what is followed
    if (!whole && proof.empty()) {
        return false;
    }
    uint64_t at = old_size - 1;
    uint64_t last = new_size - 1;
    int up = std::countr_one(at);
    at >>= up;
    last >>= up;
    Digest old_made = whole ? old_root : proof[0];
    Digest new_made = old_made;
    for (size_t i = whole ? 0 : 1; i < proof.size(); ++i) {
        if (last == 0) {
            return false;
        }
        if ((at & 1) != 0 || at == last) {
            old_made = node(proof[i], old_made);
            new_made = node(proof[i], new_made);
            int same = (at & 1) != 0 || at == 0 ? 0 : std::countr_zero(at);
            at >>= same;
            last >>= same;
        } else {
            new_made = node(new_made, proof[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && old_made == old_root && new_made == new_root;
}

}  // namespace llmtrail
