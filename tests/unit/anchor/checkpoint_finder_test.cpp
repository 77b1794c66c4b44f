#include "anchor/checkpoint_finder.h"

#include <doctest/doctest.h>

#include <random>

#include "anchor/checkpoint_note.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

struct Log {
    explicit Log(uint64_t seed) : random(seed) {}

    Bytes note(uint64_t tree_size) {
        CheckpointBody body{origin, tree_size, sha256(std::to_string(tree_size))};
        return make_checkpoint_note(body, identity);
    }

    bool opens(const FoundNote& found, uint64_t tree_size) const {
        Result<CheckpointBody> body =
            open_checkpoint_note(found.note, origin, identity.public_key());
        return body && body->tree_size == tree_size;
    }

    FakeRandom random;
    SigningKey identity = SigningKey::generate(random).value();
    std::string origin = checkpoint_origin(Bytes(16, '\xA7'));
};

Bytes replaced(Bytes text, std::string_view what, std::string_view by) {
    for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

}  // namespace

TEST_CASE("a checkpoint is found in every form a SIEM may give it back") {
    Log log(3);
    for (uint64_t size : {uint64_t{0}, uint64_t{7}, uint64_t{20852163}, ~uint64_t{0}}) {
        Bytes note = log.note(size);
        Bytes one_line = replaced(note, "\n", "\\n");
        Bytes trimmed = note.substr(0, note.size() - 1);
        std::vector<Bytes> forms = {
            note,
            "CEF:0|llmtrail|agent|1|730|Heartbeat|0|llmtrailCheckpoint=" +
                replaced(replaced(trimmed, "\n", "\\n"), "=", "\\=") + " rt=1",
            "LEEF:1.0|llmtrail|agent|1|730|\tllmtrailCheckpoint=" + replaced(trimmed, "\n", " "),
            "{\"note\":\"" + one_line + "\"}",
            "{\"raw\":\"{\\\"note\\\":\\\"" + replaced(one_line, "\\", "\\\\") + "\\\"}\"}",
            "{\"note\":\"" + replaced(replaced(one_line, "/", "\\/"), "\xE2\x80\x94", "\\u2014") +
                "\"}",
            "{\"note\":\"" + replaced(replaced(one_line, "=", "\\u003d"), "+", "\\u002B") + "\"}",
            "a,b,\"" + trimmed + "\",c\r\n",
            replaced(note, "\n", "\r\n"),
            replaced(note, "\xE2\x80\x94", "?"),
        };
        for (const Bytes& form : forms) {
            CAPTURE(form);
            std::vector<FoundNote> found = find_checkpoint_notes("first\n" + form + " last");
            REQUIRE(found.size() == 1);
            CHECK(found[0].note == note);
            CHECK(log.opens(found[0], size));
        }
    }
}

TEST_CASE("every checkpoint of an export is found, in order, with its place") {
    Log log(4);
    Bytes text;
    std::vector<size_t> places;
    for (uint64_t size = 1; size <= 100; ++size) {
        text += "noise llmtrail llmtrail/ llmtrail/zz ";
        places.push_back(text.size());
        text += log.note(size) + "\n";
    }
    std::vector<FoundNote> found = find_checkpoint_notes(text);
    REQUIRE(found.size() == 100);
    for (size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].offset == places[i]);
        CHECK(log.opens(found[i], i + 1));
    }
}

TEST_CASE("what was changed is either not found or does not open") {
    Log log(5);
    Bytes note = log.note(1234);
    std::mt19937_64 random(1);
    for (int round = 0; round < 20'000; ++round) {
        Bytes changed = note;
        size_t at = random() % changed.size();
        changed[at] = static_cast<char>(random());
        for (const FoundNote& found : find_checkpoint_notes(changed)) {
            bool same = found.note == note;
            CHECK(log.opens(found, 1234) == same);
        }
    }
    for (size_t size = 0; size + 1 < note.size(); ++size) {
        CHECK(find_checkpoint_notes(ByteView(note).substr(0, size)).empty());
    }
}

TEST_CASE("text without checkpoints costs little") {
    Bytes text;
    while (text.size() < 4'000'000) {
        text += "llmtrail/0123456789abcdef0123456789abcdef\\\\\\\\";
    }
    CHECK(find_checkpoint_notes(text).empty());
    CHECK(find_checkpoint_notes(Bytes(1'000'000, '\\')).empty());
    CHECK(find_checkpoint_notes("llmtrail" + Bytes(1'000'000, '\\')).empty());
    CHECK(find_checkpoint_notes("").empty());
}
