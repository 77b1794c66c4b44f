// The RFC 6962 tree over leaves, kept as the compact list of perfect subtrees (its frontier):
// adding a leaf and taking the root need no earlier leaf. Used by writer, recovery and verifier.
// Pure; one thread per object.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crypto/digest.h"

namespace llmtrail {

class MerkleTree {
 public:
    MerkleTree() = default;
    // Continues a tree of `size` leaves; nothing when the number of hashes does not fit `size`.
    static std::optional<MerkleTree> resume(uint64_t size, std::vector<Digest> frontier);

    void add(const Digest& leaf);
    Digest root();  // H("") for no leaf

    uint64_t size() const { return size_; }

    const std::vector<Digest>& frontier() const { return frontier_; }  // largest subtree first

    MerkleTree(const MerkleTree& other);
    MerkleTree& operator=(const MerkleTree& other);
    MerkleTree(MerkleTree&&) noexcept = default;
    MerkleTree& operator=(MerkleTree&&) noexcept = default;
    ~MerkleTree() = default;

 private:
    Digest node(const Digest& left, const Digest& right);

    uint64_t size_ = 0;
    std::vector<Digest> frontier_;
    std::unique_ptr<Sha256> hash_;
};

}  // namespace llmtrail
