#include "anchor/witness.h"

#include <doctest/doctest.h>

#include "base/hex.h"
#include "fakes/anchor_servers.h"
#include "fakes/fake_random.h"
#include "spool/merkle_proof.h"

using namespace llmtrail;

namespace {

// A log of leaves in memory, its identity and its checkpoints.
struct SmallLog {
    explicit SmallLog(uint64_t seed) : random(seed) {}

    void grow_to(uint64_t size, std::string_view salt = "") {
        while (leaves.size() < size) {
            leaves.push_back(sha256(std::string(salt) + std::to_string(leaves.size())));
        }
    }

    AnchorTask task() {
        MerkleTree tree;
        for (const Digest& leaf : leaves) {
            tree.add(leaf);
        }
        CheckpointBody body{origin, leaves.size(), tree.root()};
        return {body, make_checkpoint_note(body, identity)};
    }

    ConsistencyProof prover() {
        return [this](uint64_t from, uint64_t to) -> Result<std::vector<Digest>> {
            ++proofs;
            MerklePath path = MerklePath::of_tree(from);
            for (uint64_t i = 0; i < to; ++i) {
                path.add(leaves[i]);
            }
            return path.hashes().value();
        };
    }

    FakeRandom random;
    SigningKey identity = SigningKey::generate(random).value();
    std::string origin = checkpoint_origin(Bytes(16, '\x5A'));
    std::vector<Digest> leaves;
    int proofs = 0;
};

struct Rig {
    SmallLog log{11};
    AnchorServers servers{log.origin, to_hex(view(log.identity.public_key()))};
    std::unique_ptr<HttpPoster> http = make_http_poster().value();

    WitnessOptions options() {
        return {.id = "w",
                .url = servers.https("/witness"),
                .key = parse_verifier_key(servers.witness_key()).value(),
                .tls_ca_file = servers.file("ca.pem")};
    }

    std::unique_ptr<AnchorHolder> holder(SmallLog& of) {
        return make_witness_holder(options(), *http, of.prover());
    }

    std::unique_ptr<AnchorHolder> holder() { return holder(log); }
};

bool skipped() {
    if (AnchorServers::installed()) {
        return false;
    }
    MESSAGE("SKIPPED: needs python3 and openssl");
    return true;
}

// Answers what a test says.
struct ScriptedHttp : HttpPoster {
    Result<PostReply> post(const PostRequest& request) override {
        requests.push_back(request);
        REQUIRE_FALSE(replies.empty());
        PostReply reply = replies.front();
        replies.erase(replies.begin());
        return reply;
    }

    void cancel() override {}

    std::vector<PostRequest> requests;
    std::vector<PostReply> replies;
};

}  // namespace

TEST_CASE("a witness cosigns a log that grows, and the receipt is a note anyone can check") {
    if (skipped()) {
        return;
    }
    Rig rig;
    auto holder = rig.holder();
    for (uint64_t size : std::initializer_list<uint64_t>{1, 2, 3, 7, 8, 8, 9, 64, 100, 129}) {
        CAPTURE(size);
        rig.log.grow_to(size);
        AnchorTask task = rig.log.task();
        Result<AnchorReceipt> receipt = holder->anchor(task);
        REQUIRE_MESSAGE(receipt.has_value(), receipt.error().message);
        SignedNote note = parse_signed_note(receipt->bytes).value();
        REQUIRE(note.signatures.size() == 2);
        CHECK(check_note_signature(note, rig.log.origin, rig.log.identity.public_key()));
        Cosignature cosignature = open_cosignature(encode_signature_line(note.signatures[1]),
                                                   note.text, rig.options().key)
                                      .value();
        CHECK(static_cast<int64_t>(cosignature.at_seconds) * kNanosPerSecond ==
              receipt->given_at.value);
    }
    CHECK(rig.log.proofs == 8);  // none for the first, none for the one that did not grow
}

TEST_CASE("after a restart the witness tells where it stands") {
    if (skipped()) {
        return;
    }
    Rig rig;
    rig.log.grow_to(5);
    REQUIRE(rig.holder()->anchor(rig.log.task()));
    CHECK(rig.holder()->anchor(rig.log.task()));  // the same tree again
    rig.log.grow_to(23);
    CHECK(rig.holder()->anchor(rig.log.task()));
    CHECK(rig.log.proofs == 1);
}

TEST_CASE("a witness shows a rollback, a fork and a rewritten beginning") {
    if (skipped()) {
        return;
    }
    Rig rig;
    rig.log.grow_to(20);
    REQUIRE(rig.holder()->anchor(rig.log.task()));
    SmallLog changed(11);  // the same key

    SUBCASE("the log is shorter than what was cosigned") {
        changed.grow_to(19);
        Result<AnchorReceipt> receipt = rig.holder(changed)->anchor(changed.task());
        REQUIRE_FALSE(receipt.has_value());
        CHECK(receipt.error().code == ErrorCode::kCorrupt);
        CHECK(receipt.error().message.find("20 leaves") != std::string::npos);
    }

    SUBCASE("the log has other leaves and the same length") {
        changed.grow_to(20, "x");
        CHECK(rig.holder(changed)->anchor(changed.task()).error().code == ErrorCode::kCorrupt);
    }

    SUBCASE("the log was rolled back and went on") {
        changed.grow_to(19);
        changed.grow_to(30, "x");
        CHECK(rig.holder(changed)->anchor(changed.task()).error().code == ErrorCode::kCorrupt);
    }
}

TEST_CASE("a witness that does not know the log or its key says so") {
    if (skipped()) {
        return;
    }
    Rig rig;
    SmallLog stranger(12);
    stranger.grow_to(3);
    CHECK(rig.holder(stranger)->anchor(stranger.task()).error().code == ErrorCode::kPermission);
    stranger.origin = checkpoint_origin(Bytes(16, '\x5B'));
    CHECK(rig.holder(stranger)->anchor(stranger.task()).error().code == ErrorCode::kPermission);
}

TEST_CASE("a cosignature counts only by the configured key and over this text") {
    SmallLog log(13);
    log.grow_to(4);
    AnchorTask task = log.task();
    std::string text = encode_checkpoint_text(task.body);
    FakeRandom random(99);
    SigningKey witness = SigningKey::generate(random).value();
    VerifierKey key{"witness.example/w1", kNoteTypeCosignature, witness.public_key()};
    auto line_over = [&](std::string_view over, uint64_t seconds, std::string name, uint8_t type) {
        NoteSignature line;
        line.name = std::move(name);
        line.key_id = note_key_id(line.name, type, key.key);
        for (int shift = 56; shift >= 0; shift -= 8) {
            line.signature += static_cast<char>(seconds >> shift);
        }
        Signature signature = witness.sign(cosigned_text(seconds, over));
        line.signature += view(signature);
        return encode_signature_line(line);
    };
    auto opens = [&](const Bytes& lines) { return open_cosignature(lines, text, key).has_value(); };
    Bytes good = line_over(text, 1679315147, key.name, kNoteTypeCosignature);
    CHECK(opens(good));
    CHECK(open_cosignature(good, text, key).value().at_seconds == 1679315147);
    CHECK(opens(line_over(text, 1, "witness.example/w2", kNoteTypeCosignature) + good));
    CHECK_FALSE(opens(""));
    CHECK_FALSE(opens("\n"));
    CHECK_FALSE(opens(good.substr(0, good.size() - 1)));
    CHECK_FALSE(opens(line_over(text, 1, "witness.example/w2", kNoteTypeCosignature)));
    CHECK_FALSE(opens(line_over(text, 1, key.name, kNoteTypeEd25519)));
    CHECK_FALSE(opens(line_over(text + "x\n", 1, key.name, kNoteTypeCosignature)));
    CHECK_FALSE(opens(line_over(text, uint64_t{1} << 63, key.name, kNoteTypeCosignature)));
    for (size_t at = good.find(' ', 5) + 1; at < good.size(); ++at) {
        Bytes changed = good;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        CAPTURE(at);
        CHECK_FALSE(opens(changed));
    }
}

TEST_CASE("the request is the one the specification shows") {
    CHECK(encode_add_checkpoint(0, {}, "note") == "old 0\n\nnote");
    Digest hash = sha256("h");
    CHECK(encode_add_checkpoint(20852014, {hash, hash}, "n") ==
          "old 20852014\n" + to_base64(view(hash)) + "\n" + to_base64(view(hash)) + "\n\nn");
}

TEST_CASE("answers out of the ordinary end an attempt, whatever they are") {
    SmallLog log(14);
    log.grow_to(9);
    AnchorTask task = log.task();
    auto answer = [&](std::vector<PostReply> replies) {
        ScriptedHttp http;
        http.replies = std::move(replies);
        FakeRandom random(1);
        WitnessOptions options{.id = "w", .url = "https://w"};
        options.key = {"w", kNoteTypeCosignature, log.identity.public_key()};
        auto result = make_witness_holder(options, http, log.prover())->anchor(task);
        REQUIRE_FALSE(result.has_value());
        return result.error().code;
    };
    const std::string size = "text/x.tlog.size";
    CHECK(answer({{409, "text/plain", "3\n"}}) == ErrorCode::kUnsupported);
    for (std::string body : {"", "\n", "3", "03\n", "-3\n", "3 \n", "18446744073709551616\n"}) {
        CAPTURE(body);
        CHECK(answer({{409, size, body}}) == ErrorCode::kUnsupported);
    }
    CHECK(answer({{409, size, "3\n"}, {409, size, "4\n"}, {409, size, "5\n"}}) == ErrorCode::kBusy);
    CHECK(answer({{409, size, "18446744073709551615\n"}}) == ErrorCode::kCorrupt);
    CHECK(answer({{409, size, "9\n"}, {409, size, "9\n"}}) == ErrorCode::kCorrupt);
    CHECK(answer({{200, "text/plain", ""}}) == ErrorCode::kCrypto);
    CHECK(answer({{200, "text/plain", "\xE2\x80\x94 w AAAAAAA=\n"}}) == ErrorCode::kCrypto);
    CHECK(answer({{302, "text/plain", ""}}) == ErrorCode::kUnsupported);
    CHECK(answer({{503, "text/plain", ""}}) == ErrorCode::kUnsupported);
}
