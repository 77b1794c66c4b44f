#include "query/proof.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "anchor/checkpoint_note.h"
#include "base/hex.h"
#include "crypto/keystream.h"
#include "query/note_book.h"
#include "spool/frame.h"
#include "spool/key_file.h"
#include "spool/merkle_proof.h"
#include "spool/segment_header.h"

using namespace llmtrail;

namespace {

std::string page(const char* name) {
    std::ifstream file(std::string(LLMTRAIL_SOURCE_DIR "/docs/") + name);
    std::stringstream text;
    text << file.rdbuf();
    REQUIRE_FALSE(text.str().empty());
    return text.str();
}

// Bytes that the worked example of docs/spool-format.md prints under a name.
Bytes example_bytes(std::string_view name) {
    static const std::string text = page("spool-format.md");
    size_t at = text.find("\n" + std::string(name));
    REQUIRE(at != std::string::npos);
    std::istringstream lines(text.substr(text.find('\n', at + 1) + 1));
    std::string hex;
    for (std::string line; std::getline(lines, line) && line.starts_with("  ");) {
        hex += line.substr(2);
    }
    return *from_hex(hex);
}

Digest example_digest(std::string_view name) {
    Bytes bytes = example_bytes(name);
    REQUIRE(bytes.size() == kDigestBytes);
    Digest digest;
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return digest;
}

SigningKey identity() {
    return *SigningKey::from_seed(Secret::copy_of(Bytes(kSigningSeedBytes, 1)));
}

Bytes note_of(uint64_t size, const Digest& root, const SigningKey& key) {
    auto log_id = log_id_of(key.public_key());
    return make_checkpoint_note({checkpoint_origin({log_id.data(), log_id.size()}), size, root},
                                key);
}

Digest control_of(std::string_view name, uint64_t index) {
    Bytes frame = example_bytes(name);
    Sha256 hash;
    return control_leaf(hash, index,
                        frame_digest(hash, ByteView(frame).substr(0, 64),
                                     ByteView(frame).substr(kFrameHeaderBytes)));
}

struct Example {
    Example() {
        RecordPreimage record;
        record.commitments = {example_digest("c_envelope"), example_digest("c_prompt"),
                              example_digest("c_sources"), example_digest("c_output")};
        Sha256 hash;
        leaves = {control_of("frame 0, POSITIONS", 0), control_of("frame 1, GENESIS", 1),
                  record_leaf(hash, 2, record.commitments)};
        Opening opening;
        Keystream keystream(
            hkdf_expand(Secret::copy_of(Bytes(kDataKeyBytes, 0x41)), kCommitKeyInfo));
        Bytes blinding;
        keystream.generate(4, 2, blinding);
        std::copy(blinding.begin(), blinding.end(), opening.blinding.begin());
        opening.bytes = "hello";
        record.opened[1] = opening;
        MerklePath path = MerklePath::of_leaf(2);
        MerklePath growth = MerklePath::of_tree(2);
        for (const Digest& leaf : leaves) {
            path.add(leaf);
            growth.add(leaf);
            if (growth.size() == 2) {
                consistency.old_checkpoint = note_of(2, growth.root(), identity());
            }
        }
        inclusion.preimage = record;
        inclusion.index = 2;
        inclusion.path = *path.hashes();
        inclusion.checkpoint = note_of(3, path.root(), identity());
        consistency.old_size = 2;
        consistency.hashes = *growth.hashes();
        consistency.new_checkpoint = inclusion.checkpoint;
    }

    std::vector<Digest> leaves;
    InclusionProof inclusion;
    ConsistencyProof consistency;
};

ProofVerdict check(ByteView text) {
    return check_proof(text, identity().public_key()).verdict;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the worked examples stand in docs/proofs.md byte for byte, and hold") {
    Example example;
    std::string text = page("proofs.md");
    for (const Proof& proof : {Proof(example.inclusion), Proof(example.consistency)}) {
        Bytes made = encode_proof(proof);
        bool stands = text.find("```\n" + made + "```") != std::string::npos;
        CHECK_MESSAGE(stands, "the page should hold:\n" << made);
        ProofReport report = check_proof(made, identity().public_key());
        CHECK_MESSAGE(report.verdict == ProofVerdict::kHolds, report.reason);
        CHECK(report.tree_size == 3);
        Result<Proof> read = decode_proof(made);
        REQUIRE(read);
        CHECK(encode_proof(*read) == made);
    }
    CHECK(text.find(public_key_text(identity().public_key())) != std::string::npos);
}

TEST_CASE("a proof for a control frame and one for a bare leaf hold, too") {
    Example example;
    MerklePath path = MerklePath::of_leaf(1);
    for (const Digest& leaf : example.leaves) {
        path.add(leaf);
    }
    Bytes genesis = example_bytes("frame 1, GENESIS");
    Sha256 hash;
    InclusionProof proof{FramePreimage{frame_digest(hash, ByteView(genesis).substr(0, 64),
                                                    ByteView(genesis).substr(72))},
                         1, *path.hashes(), example.inclusion.checkpoint};
    CHECK(check(encode_proof(proof)) == ProofVerdict::kHolds);
    proof.preimage = BareLeaf{example.leaves[1]};
    CHECK(check(encode_proof(proof)) == ProofVerdict::kHolds);
    proof.preimage = BareLeaf{example.leaves[0]};
    CHECK(check(encode_proof(proof)) == ProofVerdict::kDoesNotHold);
}

TEST_CASE("what does not fit together does not hold") {
    Example example;
    std::string text = encode_proof(example.inclusion);
    CHECK(check(replaced(text, "index 2", "index 1")) == ProofVerdict::kDoesNotHold);
    CHECK(check(replaced(text, "index 2", "index 3")) == ProofVerdict::kDoesNotHold);
    CHECK(check(replaced(text, "aGVsbG8=", "aGVsbG9v")) == ProofVerdict::kDoesNotHold);
    CHECK(check(replaced(text, "output d6", "output d7")) == ProofVerdict::kDoesNotHold);
    CHECK(check(replaced(text, "\n3\nHm2q", "\n4\nHm2q")) == ProofVerdict::kDoesNotHold);
    CHECK(check(replaced(text, "AL66x8uj", "AL66x8uk")) == ProofVerdict::kDoesNotHold);
    std::string growth = encode_proof(example.consistency);
    CHECK(check(replaced(growth, "old 2", "old 1")) == ProofVerdict::kDoesNotHold);
    CHECK(check(replaced(growth, "jNJBuZRf", "jNJBuZRg")) == ProofVerdict::kDoesNotHold);
    ConsistencyProof turned = example.consistency;
    std::swap(turned.old_checkpoint, turned.new_checkpoint);
    turned.old_size = 3;
    CHECK(check(encode_proof(turned)) == ProofVerdict::kDoesNotHold);
    ConsistencyProof same = example.consistency;
    same.old_checkpoint = same.new_checkpoint;
    same.old_size = 3;
    same.hashes.clear();
    CHECK(check(encode_proof(same)) == ProofVerdict::kHolds);
    same.new_checkpoint = note_of(3, Digest{}, identity());
    CHECK(check(encode_proof(same)) == ProofVerdict::kDoesNotHold);
}

TEST_CASE(
    "an unsigned root, another log's and another key's checkpoint cannot be checked against") {
    Example example;
    SigningKey other = *SigningKey::from_seed(Secret::copy_of(Bytes(kSigningSeedBytes, 9)));
    InclusionProof proof = example.inclusion;
    Digest root = sha256("root");
    proof.checkpoint = note_of(3, root, other);
    CHECK(check(encode_proof(proof)) == ProofVerdict::kCannotCheck);
    SignedNote note = *parse_signed_note(example.inclusion.checkpoint);
    note.signatures.clear();
    sign_note(note, "witness.example.com", other);
    proof.checkpoint = encode_signed_note(note);
    CHECK(check(encode_proof(proof)) == ProofVerdict::kCannotCheck);
    // The log's name with another key's signature: the key ID is not the trusted one.
    note.signatures.clear();
    sign_note(note, decode_checkpoint_text(note.text)->origin, other);
    proof.checkpoint = encode_signed_note(note);
    CHECK(check(encode_proof(proof)) == ProofVerdict::kCannotCheck);
    // And with the trusted key ID, too: forged.
    note.signatures[0].key_id =
        parse_signed_note(example.inclusion.checkpoint)->signatures[0].key_id;
    proof.checkpoint = encode_signed_note(note);
    CHECK(check(encode_proof(proof)) == ProofVerdict::kDoesNotHold);
}

TEST_CASE("a witness's signature beside the log's changes nothing") {
    Example example;
    SigningKey witness = *SigningKey::from_seed(Secret::copy_of(Bytes(kSigningSeedBytes, 9)));
    SignedNote note = *parse_signed_note(example.inclusion.checkpoint);
    sign_note(note, "witness.example.com", witness);
    InclusionProof proof = example.inclusion;
    proof.checkpoint = encode_signed_note(note);
    CHECK(check(encode_proof(proof)) == ProofVerdict::kHolds);
}

TEST_CASE("a file that is not exactly a proof cannot be checked") {
    Example example;
    std::string good = encode_proof(example.inclusion);
    for (const std::string& text :
         {std::string(),
          std::string("\n"),
          good + "\n",
          good + "x\n",
          "\n" + good,
          good.substr(0, good.size() - 1),
          replaced(good, "proof@v1", "proof@v2"),
          replaced(good, "index 2", "index 02"),
          replaced(good, "index 2", "index -2"),
          replaced(good, "index 2", "index 99999999999999999999"),
          replaced(good, "index 2", "index 2 "),
          replaced(good, "\n\nc2sp", "\nc2sp"),
          replaced(good, "envelope 76a3", "envelope 76A3"),
          replaced(good, "envelope ", "envelope  "),
          replaced(good, "prompt 7f", "sources 7f"),
          replaced(good, "open prompt", "open sources"),
          replaced(good, "open prompt", "open nothing"),
          replaced(good, " aGVsbG8=", " "),
          replaced(good, "aGVsbG8=", "aGVsbG8"),
          replaced(good, "AL66x8uj", "AL66x8u"),
          replaced(good, "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
          replaced(good, "\n3\nHm2q", "\n3\r\nHm2q")}) {
        CAPTURE(text);
        CHECK(check(text) == ProofVerdict::kCannotCheck);
    }
    std::string hashes;
    for (int i = 0; i < 70; ++i) {
        hashes += "AL66x8ujgvmqH78e35PmPyriHEUkJJF8JpXsyeLm5zc=\n";
    }
    CHECK(check(replaced(good, "AL66x8uj", hashes + "AL66x8uj")) == ProofVerdict::kCannotCheck);
}

TEST_CASE("no cut of a proof and no changed byte of one holds") {
    Example example;
    for (const Proof& proof : {Proof(example.inclusion), Proof(example.consistency)}) {
        std::string good = encode_proof(proof);
        for (size_t at = 0; at < good.size(); ++at) {
            CHECK(check(good.substr(0, at)) == ProofVerdict::kCannotCheck);
            for (char change : {'\1', '\4', ' '}) {
                std::string other = good;
                other[at] = static_cast<char>(other[at] ^ change);
                CAPTURE(other);
                CHECK(check(other) != ProofVerdict::kHolds);
            }
        }
    }
}
