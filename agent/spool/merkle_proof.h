// Proofs over the RFC 6962 tree (RFC 9162, section 2.1): that a leaf is in a tree, that a tree
// begins with an earlier one. MerklePath makes them while leaves come in order, in memory for a few
// hundred hashes; the two checks take hostile proofs. Used by query and by whoever talks to a
// witness. Pure; one thread per object.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "spool/merkle.h"

namespace llmtrail {

inline constexpr size_t kProofHashesMax = 64;

class MerklePath {
 public:
    // Follows the leaf `index` from there to the root. `before`: the tree of at most `index` leaves
    // to continue, so that no earlier leaf is needed.
    static MerklePath of_leaf(uint64_t index, const MerkleTree& before = {});
    // Follows the tree of `size` (at least 1) leaves: the consistency proof from it to any later
    // one. `before` holds at most `size` leaves.
    static MerklePath of_tree(uint64_t size, const MerkleTree& before = {});

    void add(const Digest& leaf);

    uint64_t size() const { return size_; }

    // Of the tree so far; nothing while what is followed is not in it.
    std::optional<std::vector<Digest>> hashes() const;
    Digest root() const;

 private:
    MerklePath(uint64_t target, bool follows_tree, const MerkleTree& before);
    void follow_tree();

    uint64_t target_;
    bool follows_tree_;
    uint64_t size_;
    std::vector<Digest> frontier_;
    std::optional<size_t> at_;  // the subtree in the frontier that holds what is followed
    std::vector<Digest> path_;  // inside that subtree, upwards
};

// Leaf `index` is in the tree of `size` leaves with this root.
bool inclusion_holds(uint64_t index, uint64_t size, const Digest& leaf,
                     const std::vector<Digest>& path, const Digest& root);

// The tree of `new_size` leaves begins with that of `old_size`, which is not empty.
bool consistency_holds(uint64_t old_size, uint64_t new_size, const Digest& old_root,
                       const Digest& new_root, const std::vector<Digest>& proof);

}  // namespace llmtrail
