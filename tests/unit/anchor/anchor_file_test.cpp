// Reading back what a SIEM or a person kept: what counts, what does not, and how much work it is.
#include "anchor/anchor_file.h"

#include <doctest/doctest.h>

#include "anchor/checkpoint_note.h"
#include "base/hex.h"
#include "fakes/fake_disk.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

constexpr const char* kPath = "/anchors/export.txt";

struct Exports {
    Exports() : identity(*SigningKey::generate(random)), other(*SigningKey::generate(random)) {
        origin = checkpoint_origin(Bytes(16, '\x5A'));
    }

    Bytes note(uint64_t size, const SigningKey& key, const std::string& of) const {
        Digest root{};
        root[0] = static_cast<char>(size);
        return make_checkpoint_note({of, size, root}, key);
    }

    Bytes note(uint64_t size) const { return note(size, identity, origin); }

    Result<KeptCheckpoints> read(ByteView text) {
        disk.put_file(kPath, text);
        KeptCheckpoints kept;
        Result<void> added = add_anchor_file(disk, kPath, origin, identity.public_key(), kept);
        return added ? Result<KeptCheckpoints>(kept) : Result<KeptCheckpoints>(fail(added.error()));
    }

    FakeRandom random{7};
    FakeDisk disk;
    SigningKey identity;
    SigningKey other;
    std::string origin;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

std::string in_cef(const Bytes& note) {
    return "<134>1 2026-01-01T00:00:00.000Z host llmtrail - - - CEF:0|llmtrail|agent|0.1.0|730|"
           "checkpoint|1|rt=1767225600000 cs1Label=note cs1=" +
           replaced(replaced(note, "=", "\\="), "\n", "\\n") + " cnt=1\n";
}

std::string in_json(const Bytes& note) {
    return "{\"class\":730,\"note\":\"" + replaced(note, "\n", "\\n") + "\",\"x\":1}\n";
}

std::string in_csv(const Bytes& note) {
    return "2026-01-01 00:00:00,730,\"" + note + "\",host\n";
}

}  // namespace

TEST_CASE("notes alone, one or many, are checkpoints in the order of their size, each once") {
    Exports exports;
    Result<KeptCheckpoints> kept =
        exports.read(exports.note(9) + "\n" + exports.note(3) + "\n" + exports.note(9));
    REQUIRE(kept);
    REQUIRE(kept->list.size() == 2);
    CHECK(kept->list[0].tree_size == 3);
    CHECK(kept->list[1].tree_size == 9);
    CHECK(kept->list[1].root[0] == 9);
    CHECK(kept->files == std::vector<std::string>{kPath});
    CHECK(kept->foreign == 0);
    CHECK(kept->refused == 0);
}

TEST_CASE("a note is found inside CEF, JSON and CSV, among other events") {
    Exports exports;
    std::string noise = "CEF:0|llmtrail|agent|0.1.0|100|inference|1|msg=llmtrail/ is a word\n";
    Result<KeptCheckpoints> kept =
        exports.read(noise + in_cef(exports.note(5)) + noise + in_json(exports.note(6)) + noise +
                     in_csv(exports.note(7)));
    REQUIRE(kept);
    REQUIRE(kept->list.size() == 3);
    CHECK(kept->list[2].tree_size == 7);
}

TEST_CASE("a forged note never counts and is told with its place, a foreign one with its log") {
    Exports exports;
    std::string foreign = checkpoint_origin(Bytes(16, '\x11'));
    Bytes stolen = exports.note(8);
    Bytes raised = replaced(stolen, "\n8\n", "\n800\n");
    Bytes first = in_cef(exports.note(4));
    Result<KeptCheckpoints> kept =
        exports.read(first + in_cef(exports.note(9, exports.other, exports.origin)) +
                     in_json(raised) + in_json(exports.note(3, exports.other, foreign)));
    REQUIRE(kept);
    REQUIRE(kept->list.size() == 1);
    CHECK(kept->list[0].tree_size == 4);
    CHECK(kept->refused == 2);
    size_t place = first.size() + in_cef(exports.note(9)).find("llmtrail/");
    CHECK(kept->refused_place == std::string(kPath) + ", byte " + std::to_string(place));
    CHECK(kept->foreign == 1);
    CHECK(kept->foreign_origin == foreign);
}

TEST_CASE("two roots for one size are both kept: that is what a fork looks like") {
    Exports exports;
    Digest other{};
    Bytes fork = make_checkpoint_note({exports.origin, 5, other}, exports.identity);
    Result<KeptCheckpoints> kept = exports.read(exports.note(5) + fork);
    REQUIRE(kept);
    CHECK(kept->list.size() == 2);
}

TEST_CASE("a note is found wherever the pieces are cut in which a large export is read") {
    Exports exports;
    Bytes event = in_cef(exports.note(42));
    for (size_t before = (size_t{1} << 20) - event.size() - 8; before <= (size_t{1} << 20) + 8;
         before += 61) {
        CAPTURE(before);
        Result<KeptCheckpoints> kept =
            exports.read(std::string(before, '.') + event + std::string(9000, '.'));
        REQUIRE(kept);
        REQUIRE(kept->list.size() == 1);
    }
}

TEST_CASE("files of several outputs are brought together") {
    Exports exports;
    KeptCheckpoints kept;
    exports.disk.put_file("/a", in_cef(exports.note(1)) + in_cef(exports.note(2)));
    exports.disk.put_file("/b", in_json(exports.note(2)) + in_json(exports.note(3)));
    for (const char* path : {"/a", "/b"}) {
        REQUIRE(add_anchor_file(exports.disk, path, exports.origin, exports.identity.public_key(),
                                kept));
    }
    REQUIRE(kept.list.size() == 3);
    CHECK(kept.files[kept.list[1].file] == "/a");
    CHECK(kept.files[kept.list[2].file] == "/b");
}

TEST_CASE("an empty export, bytes without sense and a file that is not there hold no checkpoint") {
    Exports exports;
    Bytes noise(300'000, '\0');
    (void)exports.random.fill(noise.data(), noise.size());
    for (const Bytes& text : {Bytes(), Bytes("llmtrail/"), noise, Bytes(70'000, '\\')}) {
        Result<KeptCheckpoints> kept = exports.read(text);
        REQUIRE(kept);
        CHECK(kept->list.empty());
    }
    KeptCheckpoints kept;
    CHECK_FALSE(add_anchor_file(exports.disk, "/none", exports.origin,
                                exports.identity.public_key(), kept));
}
