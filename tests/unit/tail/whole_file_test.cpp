// Whole files: when they are read, that they are read once, and what becomes of them later.
#include <doctest/doctest.h>
#include <utime.h>

#include <filesystem>

#include "fakes/archives.h"
#include "tail/whole_file_tail.h"
#include "unit/tail/tail_rig.h"

using namespace llmtrail;

namespace {

using Texts = std::vector<std::string>;
constexpr int64_t kLook = 1'100;

// The clock of the rig at the time of the real one, since files are stamped by that.
struct WholeRig : TailRig {
    WholeRig() : TailRig("*") {
        options.whole_files = true;
        clock.wall = make_posix_clock()->wall_now();
    }

    // Long enough for what lies there to be complete.
    void look_twice() {
        look();
        clock.advance_millis(kLook);
        look();
    }

    // Removed, and looked for twice.
    void forget() {
        look_twice();
        clock.advance_millis(kLook);
        look();
    }

    Texts take_texts() {
        Texts all = texts();
        documents.clear();
        return all;
    }
};

std::string records(int count, int from = 0) {
    std::string text;
    for (int i = from; i < from + count; ++i) {
        text += "{\"n\":" + std::to_string(i) + "}\n";
    }
    return text;
}

Texts numbered(int count, int from = 0) {
    Texts all;
    for (int i = from; i < from + count; ++i) {
        all.push_back("{\"n\":" + std::to_string(i) + "}");
    }
    return all;
}

}  // namespace

TEST_CASE("whole files are read once, packed or not, whatever their names say") {
    WholeRig rig;
    rig.dir.write("a.json", records(3));
    rig.look_twice();
    CHECK(rig.take_texts() == numbered(3));
    rig.dir.write("b.log", gzip_of(records(3, 3)));
    rig.dir.write("c.gz", zstd_of(records(3, 6)));
    rig.dir.write("d", zip_of({{"x", records(2, 9)}, {"y", "{\n \"n\": 1\n}"}, {"z", "[1,\n2]"}}));
    rig.look_twice();
    Texts found = rig.take_texts();
    std::sort(found.begin(), found.end());
    Texts wanted = numbered(8, 3);
    wanted.insert(wanted.end(), {"{\n \"n\": 1\n}", "[1,\n2]"});
    std::sort(wanted.begin(), wanted.end());
    CHECK(found == wanted);
    CHECK(rig.problems.empty());
    for (int i = 0; i < 3; ++i) {
        rig.restart();
        rig.look_twice();
    }
    CHECK(rig.documents.empty());
    CHECK(rig.committed_positions() == 4);
}

TEST_CASE("a file is read when two looks a second apart find it unchanged") {
    WholeRig rig;
    rig.dir.write("a", records(1));
    rig.look();
    CHECK(rig.tail->waits_for_files());
    rig.clock.advance_millis(999);
    rig.look();
    CHECK(rig.documents.empty());
    rig.dir.append("a", records(1, 1));
    rig.clock.advance_millis(500);
    rig.look();
    rig.clock.advance_millis(999);
    rig.look();
    CHECK(rig.documents.empty());
    CHECK(rig.tail->waits_for_files());
    rig.clock.advance_millis(1);
    rig.look();
    CHECK(rig.texts() == numbered(2));
    CHECK(!rig.tail->waits_for_files());
}

TEST_CASE("a file that was written long ago is read at the first look") {
    WholeRig rig;
    rig.dir.write("a", records(2));
    rig.clock.advance_millis(kLongUnchangedMillis + 1'000);
    rig.look();
    CHECK(rig.texts() == numbered(2));
}

TEST_CASE("names of unfinished files are left alone until they are renamed into place") {
    WholeRig rig;
    for (const std::string name : {"a.tmp", "b.part", "c.partial", ".d"}) {
        rig.dir.write(name, records(1));
    }
    rig.look_twice();
    CHECK(rig.documents.empty());
    CHECK(!rig.tail->waits_for_files());
    rig.dir.rename("b.part", "b");
    rig.look_twice();
    CHECK(rig.texts() == numbered(1));
}

TEST_CASE("an empty file is no file yet") {
    WholeRig rig;
    rig.dir.write("a", "");
    rig.look_twice();
    CHECK(!rig.tail->waits_for_files());
    rig.dir.append("a", records(1));
    rig.look_twice();
    CHECK(rig.texts() == numbered(1));
    CHECK(rig.problems.empty());
}

TEST_CASE("a restart in the middle goes on with the next document, in every packing") {
    const std::string text = records(200);
    for (const std::string& packed : {text, gzip_of(text), zstd_of(text),
                                      zip_of({{"a", records(120)}, {"b", records(80, 120)}})}) {
        WholeRig rig;
        rig.dir.write("a", packed);
        int left = 0;
        rig.on_document = [&](const TailedDocument&) { return --left > 0; };
        rig.look();
        rig.clock.advance_millis(kLook);
        for (int life = 0; life < 100; ++life) {
            left = 3;
            rig.look_only();
            rig.read();
            rig.commit();
            rig.restart();
        }
        CHECK(rig.texts() == numbered(200));
        rig.look();
        rig.restart();
        rig.look();
        CHECK(rig.documents.size() == 200);
        CHECK(rig.problems.empty());
    }
}

TEST_CASE("what was not committed is read again, what was is not, and bytes add up") {
    WholeRig rig;
    const std::string text = "  " + records(50) + "\n\n";
    rig.dir.write("a", gzip_of(text));
    rig.look();
    rig.clock.advance_millis(kLook);
    rig.on_document = [&](const TailedDocument& d) {
        if (d.offset > 100 && rig.documents.size() < 40) {
            rig.commit();  // the document being handed out counts as unread
            return false;
        }
        return true;
    };
    rig.look_only();
    rig.read();
    const size_t before = rig.documents.size();
    rig.restart();
    rig.on_document = nullptr;
    rig.look();
    CHECK(rig.documents.size() == 51);
    CHECK(rig.documents[before - 1].text == rig.documents[before].text);
    const uint64_t twice = rig.documents[before].full_size_bytes;
    CHECK(rig.document_bytes() - twice + rig.skipped_bytes == text.size());
}

TEST_CASE("a document whose records are partly sealed is handed out again with their number") {
    WholeRig rig;
    rig.dir.write("a", gzip_of(records(3)));
    rig.look();
    rig.clock.advance_millis(kLook);
    rig.on_document = [&](const TailedDocument&) {
        if (rig.documents.size() == 2) {
            rig.tail->hold_open_document(7);
            rig.commit();
            return false;
        }
        return true;
    };
    rig.look_only();
    rig.read();
    rig.restart();
    rig.look();
    REQUIRE(rig.documents.size() == 4);
    CHECK(rig.documents[2].text == rig.documents[1].text);
    CHECK(rig.documents[2].records_already_sealed == 7);
    CHECK(rig.documents[3].records_already_sealed == 0);
}

TEST_CASE("ranges that a join held are handed out again before anything new") {
    WholeRig rig;
    rig.dir.write("a", gzip_of(records(10)));
    rig.look_twice();
    REQUIRE(rig.documents.size() == 10);
    const FileId file = rig.documents[0].file;
    rig.tail->set_open_ranges(file, {{8, 24, OpenRange::Held::kAll},
                                     {32, 40, OpenRange::Held::kSome, 2, 1},
                                     {32, 40, OpenRange::Held::kSome, 5, 1}});
    rig.commit();
    CHECK(rig.committed_ranges(file).size() == 3);
    rig.documents.clear();
    rig.dir.write("b", records(2, 10));
    rig.restart();
    rig.look_twice();
    REQUIRE(rig.documents.size() == 6);
    CHECK(rig.texts() ==
          Texts{"{\"n\":1}", "{\"n\":2}", "{\"n\":4}", "{\"n\":4}", "{\"n\":10}", "{\"n\":11}"});
    CHECK(rig.documents[1].reread->pieces == UINT32_MAX);
    CHECK(rig.documents[2].reread->first_piece == 2);
    CHECK(rig.documents[3].reread->first_piece == 5);
    CHECK(!rig.documents[4].reread);
    CHECK(rig.committed_ranges(file).empty());
    rig.restart();
    rig.look_twice();
    CHECK(rig.documents.size() == 6);
}

TEST_CASE("a range in the open document comes first, then the rest of that document") {
    WholeRig rig;
    rig.dir.write("a", records(3));
    rig.look();
    rig.clock.advance_millis(kLook);
    rig.on_document = [&](const TailedDocument& d) {
        if (d.offset == 8) {
            rig.tail->hold_open_document(4);
            rig.tail->set_open_ranges(d.file, {{8, 15, OpenRange::Held::kSome, 0, 2}});
            rig.commit();
        }
        return d.offset != 8;
    };
    rig.look_only();
    rig.read();
    rig.restart();
    rig.documents.clear();
    rig.on_document = nullptr;
    rig.look();
    REQUIRE(rig.documents.size() == 3);
    CHECK(rig.documents[0].reread);
    CHECK(rig.documents[0].offset == 8);
    CHECK(!rig.documents[1].reread);
    CHECK(rig.documents[1].offset == 8);
    CHECK(rig.documents[1].records_already_sealed == 4);
}

TEST_CASE("a new file in the place of a read one is read, and so is new content in its place") {
    WholeRig rig;
    rig.dir.write("a", gzip_of(records(2)));
    rig.look_twice();
    CHECK(rig.take_texts() == numbered(2));
    rig.dir.write("b.tmp", gzip_of(records(2, 2)));
    rig.dir.rename("b.tmp", "a");
    rig.look_twice();
    CHECK(rig.take_texts() == numbered(2, 2));
    rig.dir.write("a", gzip_of(records(40, 4)));  // the same inode
    rig.clock.advance_millis(kLook);
    rig.look_twice();
    CHECK(rig.take_texts() == numbered(40, 4));
    CHECK(rig.moves.size() == 1);
    CHECK(rig.problems.empty());
    rig.restart();
    rig.dir.write("a", gzip_of(records(1, 50)));
    rig.look_twice();
    CHECK(rig.take_texts() == numbered(1, 50));
    rig.forget();
    CHECK(rig.committed_positions() == 1);
}

TEST_CASE("a file that was touched or renamed is not read again") {
    WholeRig rig;
    rig.dir.write("a", records(2));
    rig.look_twice();
    const utimbuf later{.actime = 1'000, .modtime = 1'000};
    REQUIRE(utime((rig.dir / "a").c_str(), &later) == 0);
    rig.look_twice();
    rig.dir.rename("a", "b");
    rig.look_twice();
    rig.restart();
    REQUIRE(utime((rig.dir / "b").c_str(), nullptr) == 0);
    rig.look_twice();
    CHECK(rig.documents.size() == 2);
    CHECK(rig.problems.empty());
    CHECK(rig.committed_positions() == 1);
}

TEST_CASE("a file that grows after it was read is told to be no complete one, and loses nothing") {
    for (const bool packed : {false, true}) {
        WholeRig rig;
        const auto form = [&](const std::string& text) { return packed ? gzip_of(text) : text; };
        rig.dir.write("a", form(records(2)));
        rig.look_twice();
        rig.dir.append("a", form(records(2, 2)));
        rig.look_twice();
        CHECK(rig.texts() == numbered(4));
        REQUIRE(rig.problems.size() == 1);
        CHECK(rig.problems[0].second == ErrorCode::kInvalidArgument);
        rig.restart();
        rig.look_twice();
        CHECK(rig.documents.size() == 4);
        CHECK(rig.problems.size() == 1);
    }
}

TEST_CASE("a broken file gives what it has, is told once and costs no neighbour") {
    WholeRig rig;
    const std::string packed = gzip_of(records(2'000));
    rig.dir.write("a", packed.substr(0, packed.size() / 2));
    rig.dir.write("b", records(2));
    rig.dir.write("c", filtered("text", ARCHIVE_FILTER_XZ));
    rig.look_twice();
    CHECK(rig.documents.size() > 100);
    const Texts texts = rig.texts();
    CHECK(std::find(texts.begin(), texts.end(), "{\"n\":100}") != texts.end());
    const size_t documents = rig.documents.size();
    CHECK(rig.problems.size() == 2);
    rig.look_twice();
    rig.restart();
    rig.look_twice();
    CHECK(rig.documents.size() == documents);
    CHECK(rig.problems.size() == 2);
}

TEST_CASE("a file that may not be read is told and read when it may") {
    WholeRig rig;
    rig.dir.write("a", records(1));
    rig.files.unreadable = rig.dir / "a";
    rig.look_twice();
    CHECK(rig.problems.size() == 1);
    rig.look_twice();
    CHECK(rig.problems.size() == 1);
    CHECK(rig.tail->unreadable_files() == 1);
    rig.files.unreadable.clear();
    rig.look();
    CHECK(rig.texts() == numbered(1));
    rig.look_twice();
    CHECK(rig.tail->unreadable_files() == 0);
}

TEST_CASE("the position of a removed file is forgotten; unread files that go are reported lost") {
    WholeRig rig;
    rig.dir.write("a", records(1));
    rig.look_twice();
    CHECK(rig.committed_positions() == 1);
    rig.dir.remove("a");
    rig.forget();
    CHECK(rig.committed_positions() == 0);
    CHECK(rig.tail->files() == 0);
    CHECK(rig.lost_bytes == 0);
    rig.dir.write("b", records(1));
    rig.look();
    rig.dir.remove("b");
    rig.forget();
    CHECK(rig.lost_bytes == records(1).size());
}

TEST_CASE("a file that is removed while it is read is read to its end") {
    WholeRig rig;
    rig.dir.write("a", gzip_of(records(100)));
    rig.look();
    rig.clock.advance_millis(kLook);
    rig.on_document = [&](const TailedDocument&) { return rig.documents.size() != 10; };
    rig.look_only();
    rig.read();
    rig.dir.remove("a");
    for (int i = 0; i < 3; ++i) {
        rig.look_only();
        rig.clock.advance_millis(kLook);
    }
    rig.look();
    CHECK(rig.texts() == numbered(100));
    CHECK(rig.lost_bytes == 0);
}

TEST_CASE("where identities do not last a read file is known by its content") {
    WholeRig rig;
    rig.dir.write("a", gzip_of(records(5)));
    rig.look_twice();
    const auto stamp = std::filesystem::last_write_time(rig.dir / "a");
    rig.dir.copy("a", "b");
    rig.dir.remove("a");
    std::filesystem::last_write_time(rig.dir / "b", stamp);
    rig.restart();
    rig.look_twice();
    CHECK(rig.documents.size() == 5);
    rig.forget();
    CHECK(rig.committed_positions() == 1);
}

TEST_CASE("start_at: end passes over the files of the first look") {
    WholeRig rig;
    rig.options.start_at_end = true;
    rig.dir.write("a", records(1));
    rig.look_twice();
    CHECK(rig.documents.empty());
    rig.dir.write("b", records(1, 1));
    rig.restart();
    rig.look_twice();
    CHECK(rig.texts() == numbered(1, 1));
}

TEST_CASE("older files are read first, one after the other") {
    WholeRig rig;
    for (int i = 0; i < 4; ++i) {
        const std::string name(1, static_cast<char>('d' - i));
        rig.dir.write(name, records(3, 3 * i));
        const utimbuf stamp{.actime = 1'000, .modtime = 1'000 + i};
        REQUIRE(utime((rig.dir / name).c_str(), &stamp) == 0);
    }
    rig.look();
    CHECK(rig.texts() == numbered(12));
}
