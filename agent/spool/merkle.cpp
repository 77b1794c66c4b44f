#include "spool/merkle.h"

#include <bit>
#include <utility>

#include "spool/format.h"

namespace llmtrail {

std::optional<MerkleTree> MerkleTree::resume(uint64_t size, std::vector<Digest> frontier) {
    if (static_cast<size_t>(std::popcount(size)) != frontier.size()) {
        return std::nullopt;
    }
    MerkleTree tree;
    tree.size_ = size;
    tree.frontier_ = std::move(frontier);
    return tree;
}

MerkleTree::MerkleTree(const MerkleTree& other) : size_(other.size_), frontier_(other.frontier_) {}

MerkleTree& MerkleTree::operator=(const MerkleTree& other) {
    size_ = other.size_;
    frontier_ = other.frontier_;
    return *this;
}

void MerkleTree::add(const Digest& leaf) {
    Digest carried = leaf;
    for (uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
        carried = node(frontier_.back(), carried);
        frontier_.pop_back();
    }
    frontier_.push_back(carried);
    size_ += 1;
}

Digest MerkleTree::root() {
    if (frontier_.empty()) {
        return sha256({});
    }
    Digest root = frontier_.back();
    for (size_t i = frontier_.size() - 1; i-- > 0;) {
        root = node(frontier_[i], root);
    }
    return root;
}

Digest MerkleTree::node(const Digest& left, const Digest& right) {
    if (!hash_) {
        hash_ = std::make_unique<Sha256>();
    }
    return hash_->update({&kNodePrefix, 1}).update(view(left)).update(view(right)).finish();
}

}  // namespace llmtrail
