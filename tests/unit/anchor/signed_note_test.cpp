#include "anchor/signed_note.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "anchor/checkpoint_note.h"
#include "base/hex.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

// The example of the documentation of Go's sumdb/note, which signed notes come from.
constexpr std::string_view kSeedBase64 = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr std::string_view kKeyBase64 = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr std::string_view kLine =
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    "\n";
constexpr std::string_view kName = "PeterNeumann";

Bytes vector_note() {
    return Bytes(kText) + "\n" + Bytes(kLine);
}

PublicKey vector_key() {
    Bytes raw = from_base64(kKeyBase64).value();
    PublicKey key;
    std::copy(raw.begin() + 1, raw.end(), key.begin());
    return key;
}

SigningKey vector_signer() {
    Bytes raw = from_base64(kSeedBase64).value();
    return SigningKey::from_seed(Secret::copy_of(ByteView(raw).substr(1))).value();
}

SigningKey some_signer(uint64_t seed) {
    FakeRandom random(seed);
    return SigningKey::generate(random).value();
}

const std::string kLogId(16, '\x11');

CheckpointBody some_checkpoint() {
    return {checkpoint_origin(kLogId), 20852163, sha256("a root")};
}

}  // namespace

TEST_CASE("the documented example signs and verifies byte for byte") {
    SignedNote note{Bytes(kText), {}};
    sign_note(note, kName, vector_signer());
    CHECK(encode_signed_note(note) == vector_note());
    CHECK(to_hex({note_key_id(kName, kNoteTypeEd25519, vector_key()).data(), 4}) == "c74f20a3");

    SignedNote parsed = parse_signed_note(vector_note()).value();
    CHECK(parsed.text == kText);
    CHECK(check_note_signature(parsed, kName, vector_key()).has_value());
    CHECK(encode_signed_note(parsed) == vector_note());
}

TEST_CASE("the specification's examples of a note and a checkpoint parse and round trip") {
    Bytes poem =
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \xC3\xA8 "
        "subito "
        "sera.\n\n\xE2\x80\x94 quasimodo.example/salvatore "
        "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtI"
        "c=\n";
    SignedNote note = parse_signed_note(poem).value();
    CHECK(note.text.ends_with("sera.\n"));
    CHECK(note.signatures.at(0).name == "quasimodo.example/salvatore");
    CHECK(encode_signed_note(note) == poem);

    Bytes checkpoint =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\xE2\x80\x94 example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ"
        "8=\n\xE2\x80\x94 witness.example.com/w1 "
        "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+"
        "mbIUBkBIfZ+qnA==\n";
    CheckpointBody body =
        decode_checkpoint_text(parse_signed_note(checkpoint).value().text).value();
    CHECK(body.origin == "example.com/behind-the-sofa");
    CHECK(body.tree_size == 20852163);
    CHECK(encode_checkpoint_text(body) == parse_signed_note(checkpoint).value().text);
}

TEST_CASE("signatures of unknown keys are ignored, a wrong one of the trusted key is not") {
    SignedNote note{Bytes(kText), {}};
    sign_note(note, "somebody/else", some_signer(7));
    sign_note(note, kName, some_signer(8));  // the name, another key
    CHECK(check_note_signature(note, kName, vector_key()).error().code == ErrorCode::kCrypto);

    sign_note(note, kName, vector_signer());
    CHECK(check_note_signature(note, kName, vector_key()).has_value());

    SUBCASE("a second signature of the trusted key is wrong") {
        note.signatures.push_back(note.signatures.back());
        note.signatures.back().signature[5] ^= 1;
        CHECK_FALSE(check_note_signature(note, kName, vector_key()).has_value());
    }

    SUBCASE("the text is another") {
        note.text[0] = 'X';
        CHECK_FALSE(check_note_signature(note, kName, vector_key()).has_value());
    }

    SUBCASE("the signature is cut") {
        note.signatures.back().signature.pop_back();
        CHECK_FALSE(check_note_signature(note, kName, vector_key()).has_value());
    }
}

TEST_CASE("what is no signed note is refused") {
    const Bytes good = vector_note();
    const Bytes line(kLine);
    auto refused = [](const Bytes& bytes) {
        Result<SignedNote> parsed = parse_signed_note(bytes);
        return !parsed && parsed.error().code == ErrorCode::kCorrupt;
    };
    CHECK_FALSE(refused(good));
    CHECK(refused(""));
    CHECK(refused("\n"));
    CHECK(refused("\n\n"));
    CHECK(refused("\n\n" + line));                       // no text
    CHECK(refused(Bytes(kText)));                        // no signatures
    CHECK(refused(Bytes(kText) + "\n"));                 // none after the blank line
    CHECK(refused(Bytes(kText) + line));                 // no blank line
    CHECK(refused(good.substr(0, good.size() - 1)));     // no newline at the end
    CHECK(refused(good + "\n"));                         // a blank line at the end
    CHECK(refused(good + "more\n"));                     // a line that is no signature
    CHECK(refused(Bytes(kText) + "\n-- a AAAAAAA=\n"));  // not a dash
    CHECK(refused(Bytes(kText) + "\r\n\n" + line));      // a control character
    CHECK(refused(Bytes("\x07") + good));
    CHECK(refused(Bytes("\xFF") + good));  // not UTF-8
    CHECK(refused(Bytes(1, '\0') + good));
    for (std::string name : {"", "a+b",
                             "a\xC2\xA0"
                             "b",
                             "a\xE3\x80\x80"
                             "b",
                             "a\xE2\x80\xA8"}) {
        CAPTURE(name);
        CHECK(refused(Bytes(kText) + "\n\xE2\x80\x94 " + name + " AAAAAAA=\n"));
    }
    for (std::string signature : {"", "AAAA", "AAAAAA==", "AAAAAAA", "AAAAAAB=", "AAAAAAA=\t",
                                  "AAAAAAA= ", "AAAA AAA=", "AAAAAAA==", "AAAAAA_="}) {
        CAPTURE(signature);
        CHECK(refused(Bytes(kText) + "\n\xE2\x80\x94 a " + signature + "\n"));
    }
    CHECK_FALSE(refused(Bytes(kText) + "\n\xE2\x80\x94 a AAAAAAA=\n"));
    Bytes many = Bytes(kText) + "\n";
    for (size_t i = 0; i < kNoteSignaturesMax; ++i) {
        many += "\xE2\x80\x94 a AAAAAAA=\n";
    }
    CHECK_FALSE(refused(many));
    CHECK(refused(many + "\xE2\x80\x94 a AAAAAAA=\n"));
    CHECK(refused(Bytes(kNoteBytesMax, 'a') + "\n\n" + line));
}

TEST_CASE("a changed byte anywhere in a checkpoint is refused") {
    SigningKey identity = some_signer(1);
    CheckpointBody body = some_checkpoint();
    Bytes note = make_checkpoint_note(body, identity);
    CHECK(open_checkpoint_note(note, body.origin, identity.public_key()).value() == body);
    CHECK(note.starts_with("llmtrail/11111111111111111111111111111111\n20852163\n"));
    for (size_t at = 0; at < note.size(); ++at) {
        for (char flip : {char{1}, char{0x20}, char(-128)}) {
            Bytes changed = note;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            CAPTURE(at);
            CHECK_FALSE(open_checkpoint_note(changed, body.origin, identity.public_key()));
        }
        Bytes shorter = note;
        shorter.erase(at, 1);
        CHECK_FALSE(open_checkpoint_note(shorter, body.origin, identity.public_key()));
        CHECK_FALSE(open_checkpoint_note(note.substr(0, at), body.origin, identity.public_key()));
    }
}

TEST_CASE("a checkpoint of another log or of another key says so") {
    SigningKey identity = some_signer(1);
    CheckpointBody body = some_checkpoint();
    Bytes note = make_checkpoint_note(body, identity);
    CHECK(open_checkpoint_note(note, checkpoint_origin(Bytes(16, '\x22')), identity.public_key())
              .error()
              .code == ErrorCode::kNotFound);
    CHECK(open_checkpoint_note(note, body.origin, some_signer(2).public_key()).error().code ==
          ErrorCode::kCrypto);
    CHECK(open_checkpoint_note("no note", body.origin, identity.public_key()).error().code ==
          ErrorCode::kCorrupt);
}

TEST_CASE("a checkpoint's text has exactly one form") {
    const std::string root = to_base64(view(sha256("r")));
    auto decodes = [](const std::string& text) { return decode_checkpoint_text(text).has_value(); };
    CHECK(decodes("o\n0\n" + root + "\n"));
    CHECK(decodes("o\n18446744073709551615\n" + root + "\n"));
    CHECK(decodes("o\n1\n" + root + "\nextension\n"));
    CHECK_FALSE(decodes(""));
    CHECK_FALSE(decodes("o\n1\n"));
    CHECK_FALSE(decodes("o\n1\n" + root));
    CHECK_FALSE(decodes("\n1\n" + root + "\n"));
    CHECK_FALSE(decodes("o\n\n" + root + "\n"));
    for (std::string size : {"01", "-1", "+1", " 1", "1 ", "0x1", "1.0", "18446744073709551616"}) {
        CAPTURE(size);
        CHECK_FALSE(decodes("o\n" + size + "\n" + root + "\n"));
    }
    CHECK_FALSE(decodes("o\n1\n" + root.substr(4) + "\n"));
    CHECK_FALSE(decodes("o\n1\n" + root + "AAAA\n"));
    CHECK_FALSE(decodes("o\n1\n" + root + "\n\n"));
}

TEST_CASE("notes that stand one after another are told apart") {
    SigningKey identity = some_signer(1);
    CheckpointBody body = some_checkpoint();
    Bytes first = make_checkpoint_note(body, identity);
    body.tree_size += 1;
    Bytes second = make_checkpoint_note(body, identity);
    for (std::string between : {"", "\n", "\n\n\n"}) {
        Bytes all = between + first + between + second + between;
        std::vector<ByteView> notes = split_notes(all);
        CAPTURE(between);
        REQUIRE(notes.size() == 2);
        CHECK(notes[0] == first);
        CHECK(notes[1] == second);
    }
    CHECK(split_notes("").empty());
    CHECK(split_notes("\n\n").empty());
    CHECK(split_notes("just text").size() == 1);
    Bytes alone = vector_note();
    CHECK(split_notes(alone).at(0) == alone);
}

TEST_CASE("random bytes never make a note and never cost more than their length") {
    std::mt19937_64 random(42);
    Bytes note = vector_note();
    for (int round = 0; round < 20'000; ++round) {
        Bytes changed = note;
        for (uint64_t n = 1 + random() % 8; n > 0; --n) {
            size_t at = random() % changed.size();
            switch (random() % 3) {
                case 0:
                    changed[at] = static_cast<char>(random());
                    break;
                case 1:
                    changed.erase(at, 1 + random() % 4);
                    break;
                default:
                    changed.insert(at, random() % 2 == 0 ? "\n" : "\xE2\x80\x94 a ");
            }
            if (changed.empty()) {
                break;
            }
        }
        Result<SignedNote> parsed = parse_signed_note(changed);
        if (parsed && check_note_signature(*parsed, kName, vector_key())) {
            CHECK(parsed->text == kText);  // only signatures of unknown keys may have been added
        }
        for (ByteView one : split_notes(changed)) {
            CHECK(one.size() <= changed.size());
        }
    }
}

TEST_CASE("a verifier key has one text form, and its id belongs to it") {
    const std::string text = "PeterNeumann+c74f20a3+" + std::string(kKeyBase64);
    VerifierKey key = parse_verifier_key(text).value();
    CHECK(key.name == kName);
    CHECK(key.type == kNoteTypeEd25519);
    CHECK(key.key == vector_key());
    CHECK(verifier_key_text(key) == text);
    for (std::string wrong :
         {std::string(), std::string("PeterNeumann"), std::string("PeterNeumann+c74f20a3"),
          "+c74f20a3+" + text, "PeterNeumann+c74f20a4+" + std::string(kKeyBase64),
          "PeterNeumanm+c74f20a3+" + std::string(kKeyBase64),
          "PeterNeumann+C74F20A3+" + std::string(kKeyBase64),
          "PeterNeumann+c74f20a3+" + std::string(kKeyBase64.substr(4)), text + "+", text + "\n"}) {
        CAPTURE(wrong);
        CHECK(parse_verifier_key(wrong).error().code == ErrorCode::kInvalidArgument);
    }
}
