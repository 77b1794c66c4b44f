#include "spool/merkle_proof.h"

#include <doctest/doctest.h>

#include <bit>

#include "base/hex.h"

using namespace llmtrail;

namespace {

using Hashes = std::vector<Digest>;

// The entries that test vectors of certificate transparency are made of.
Hashes known_leaves() {
    Hashes leaves;
    for (const char* entry : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                              "606162636465666768696a6b6c6d6e6f"}) {
        leaves.push_back(sha256(Bytes(1, '\0') + *from_hex(entry)));
    }
    return leaves;
}

Hashes made_leaves(size_t count) {
    Hashes leaves;
    for (size_t i = 0; i < count; ++i) {
        leaves.push_back(sha256("leaf " + std::to_string(i)));
    }
    return leaves;
}

Digest node(const Digest& left, const Digest& right) {
    return sha256(Bytes(1, '\1') + Bytes(view(left)) + Bytes(view(right)));
}

// RFC 9162, section 2.1, as it is written there.
size_t split(size_t n) {
    return std::bit_floor(n - 1);
}

Digest root_of(const Hashes& leaves, size_t from, size_t to) {
    if (to - from == 1) {
        return leaves[from];
    }
    size_t middle = from + split(to - from);
    return node(root_of(leaves, from, middle), root_of(leaves, middle, to));
}

void path_of(const Hashes& leaves, size_t index, size_t from, size_t to, Hashes& out) {
    if (to - from == 1) {
        return;
    }
    size_t middle = from + split(to - from);
    if (index < middle) {
        path_of(leaves, index, from, middle, out);
        out.push_back(root_of(leaves, middle, to));
    } else {
        path_of(leaves, index, middle, to, out);
        out.push_back(root_of(leaves, from, middle));
    }
}

void consistency_of(const Hashes& leaves, size_t old_end, size_t from, size_t to, bool whole,
                    Hashes& out) {
    if (old_end == to) {
        if (!whole) {
            out.push_back(root_of(leaves, from, to));
        }
        return;
    }
    size_t middle = from + split(to - from);
    if (old_end <= middle) {
        consistency_of(leaves, old_end, from, middle, whole, out);
        out.push_back(root_of(leaves, middle, to));
    } else {
        consistency_of(leaves, old_end, middle, to, false, out);
        out.push_back(root_of(leaves, from, middle));
    }
}

std::vector<std::string> hex_of(const Hashes& hashes) {
    std::vector<std::string> words;
    for (const Digest& hash : hashes) {
        words.push_back(to_hex(view(hash)));
    }
    return words;
}

Hashes grown(MerklePath path, const Hashes& leaves, size_t size) {
    for (size_t i = path.size(); i < size; ++i) {
        path.add(leaves[i]);
    }
    return *path.hashes();
}

MerkleTree tree_of(const Hashes& leaves, size_t size) {
    MerkleTree tree;
    for (size_t i = 0; i < size; ++i) {
        tree.add(leaves[i]);
    }
    return tree;
}

}  // namespace

TEST_CASE("paths and consistency proofs are those of the known test vectors") {
    Hashes leaves = known_leaves();
    CHECK(to_hex(view(tree_of(leaves, 8).root())) ==
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    CHECK(hex_of(grown(MerklePath::of_leaf(0), leaves, 8)) ==
          std::vector<std::string>{
              "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
              "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
              "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"});
    CHECK(hex_of(grown(MerklePath::of_leaf(1), leaves, 5)) ==
          std::vector<std::string>{
              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
              "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
              "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"});
    CHECK(hex_of(grown(MerklePath::of_tree(6), leaves, 8)) ==
          std::vector<std::string>{
              "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
              "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
              "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"});
    CHECK(hex_of(grown(MerklePath::of_tree(2), leaves, 5)) ==
          std::vector<std::string>{
              "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
              "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"});
}

TEST_CASE("every path in every tree up to 40 leaves is RFC 9162's, from any frontier, and holds") {
    Hashes leaves = made_leaves(40);
    for (size_t size = 1; size <= leaves.size(); ++size) {
        Digest root = root_of(leaves, 0, size);
        for (size_t index = 0; index < size; ++index) {
            Hashes expected;
            path_of(leaves, index, 0, size, expected);
            size_t from = index * 7 % (index + 1);
            MerklePath path = MerklePath::of_leaf(index, tree_of(leaves, from));
            REQUIRE(grown(path, leaves, size) == expected);
            REQUIRE(inclusion_holds(index, size, leaves[index], expected, root));
            REQUIRE_FALSE(inclusion_holds(size, size, leaves[index], expected, root));
            REQUIRE_FALSE(inclusion_holds(index, size, sha256("other"), expected, root));
            Hashes longer = expected;
            longer.push_back(root);
            REQUIRE_FALSE(inclusion_holds(index, size, leaves[index], longer, root));
            for (size_t i = 0; i < expected.size(); ++i) {
                Hashes wrong = expected;
                wrong[i][3] = static_cast<char>(wrong[i][3] ^ 1);
                REQUIRE_FALSE(inclusion_holds(index, size, leaves[index], wrong, root));
                wrong = expected;
                wrong.erase(wrong.begin() + static_cast<ptrdiff_t>(i));
                REQUIRE_FALSE(inclusion_holds(index, size, leaves[index], wrong, root));
            }
        }
    }
}

TEST_CASE("every consistency proof up to 40 leaves is RFC 9162's, from any frontier, and holds") {
    Hashes leaves = made_leaves(40);
    for (size_t size = 1; size <= leaves.size(); ++size) {
        Digest root = root_of(leaves, 0, size);
        for (size_t old_size = 1; old_size <= size; ++old_size) {
            Digest old_root = root_of(leaves, 0, old_size);
            Hashes expected;
            consistency_of(leaves, old_size, 0, size, true, expected);
            size_t from = old_size * 5 % (old_size + 1);
            MerklePath path = MerklePath::of_tree(old_size, tree_of(leaves, from));
            REQUIRE(grown(path, leaves, size) == expected);
            REQUIRE(consistency_holds(old_size, size, old_root, root, expected));
            REQUIRE_FALSE(consistency_holds(0, size, old_root, root, expected));
            REQUIRE_FALSE(consistency_holds(size + 1, size, old_root, root, expected));
            Digest other = sha256("another root");
            REQUIRE_FALSE(consistency_holds(old_size, size, other, root, expected));
            REQUIRE_FALSE(consistency_holds(old_size, size, old_root, other, expected));
            Hashes longer = expected;
            longer.push_back(root);
            REQUIRE_FALSE(consistency_holds(old_size, size, old_root, root, longer));
            for (size_t i = 0; i < expected.size(); ++i) {
                Hashes wrong = expected;
                wrong[i][0] = static_cast<char>(wrong[i][0] ^ 1);
                REQUIRE_FALSE(consistency_holds(old_size, size, old_root, root, wrong));
                wrong = expected;
                wrong.erase(wrong.begin() + static_cast<ptrdiff_t>(i));
                REQUIRE_FALSE(consistency_holds(old_size, size, old_root, root, wrong));
            }
        }
    }
}

TEST_CASE("a path has no hashes before it holds what it follows, and the tree's root at any size") {
    Hashes leaves = made_leaves(9);
    MerklePath leaf = MerklePath::of_leaf(4);
    MerklePath tree = MerklePath::of_tree(4);
    CHECK(leaf.root() == sha256({}));
    for (size_t i = 0; i < leaves.size(); ++i) {
        leaf.add(leaves[i]);
        tree.add(leaves[i]);
        CHECK(leaf.hashes().has_value() == (i >= 4));
        CHECK(tree.hashes().has_value() == (i >= 3));
        CHECK(leaf.root() == root_of(leaves, 0, i + 1));
    }
}
