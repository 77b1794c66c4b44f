#include <doctest/doctest.h>

#include <set>

#include "base/limits.h"
#include "tail/file_follower.h"
#include "unit/tail/tail_rig.h"

using namespace llmtrail;

namespace {

using Texts = std::vector<std::string>;

std::string line(int number) {
    return "{\"n\":" + std::to_string(number) + "}";
}

}  // namespace

TEST_CASE("a line of 17 MB comes out as its head with its full length, and the next one follows") {
    TailRig rig;
    const size_t full = (size_t{17} << 20) + 8;
    rig.dir.append("app.log", "{\"a\":\"" + std::string(full - 8, 'x') + "\"}\n" + line(1) + "\n");
    rig.look();
    REQUIRE(rig.documents.size() == 2);
    CHECK(rig.documents[0].truncated);
    CHECK(rig.documents[0].text.size() == size_t{1} << 20);
    CHECK(rig.documents[0].full_size_bytes == full);
    CHECK(rig.documents[1].text == line(1));
    CHECK(rig.document_bytes() + rig.skipped_bytes == full + 1 + 8);
}

TEST_CASE("a document at the cap is whole, one byte more is truncated") {
    TailRig rig;
    rig.options.document_bytes_max = 100;
    rig.dir.append("app.log", "[" + std::string(98, '1') + "]\n[" + std::string(99, '1') + "]\n");
    rig.look();
    REQUIRE(rig.documents.size() == 2);
    CHECK_FALSE(rig.documents[0].truncated);
    CHECK(rig.documents[1].truncated);
    CHECK(rig.documents[1].text.size() == 100);
}

TEST_CASE("documents around the size of the read buffer come out whole") {
    TailRig rig;
    Texts expected;
    for (const size_t size :
         {kReadBufferBytes / 2 - 1, kReadBufferBytes / 2, kReadBufferBytes / 2 + 1,
          kReadBufferBytes - 257, kReadBufferBytes - 1, kReadBufferBytes, kReadBufferBytes + 1,
          3 * kReadBufferBytes}) {
        for (int repeat = 0; repeat < 2; ++repeat) {
            expected.push_back("[\"" + std::string(size - 4, static_cast<char>('a' + repeat)) +
                               "\"]");
            rig.dir.append("app.log", expected.back() + "\n");
        }
    }
    rig.look();
    CHECK((rig.texts() == expected));
    CHECK(rig.skipped_bytes == expected.size());
}

TEST_CASE("a large document that grows by small writes is read about once") {
    TailRig rig;
    rig.dir.append("app.log", "[\"");
    uint64_t read = 0;
    for (int i = 0; i < 300; ++i) {
        rig.dir.append("app.log", std::string(3'000, 'x'));
        rig.look_only();
        read += rig.read();
    }
    rig.dir.append("app.log", "\"]\n");
    rig.look();
    CHECK(read <= 900'002);
    REQUIRE(rig.documents.size() == 1);
    CHECK(rig.documents[0].text.size() == 900'004);
}

TEST_CASE("two thousand small files, empty ones among them, are each read once") {
    for (const bool resumed : {false, true}) {
        TailRig rig("*.log");
        rig.restart_after_each_look = resumed;
        std::set<std::string> expected;
        for (int i = 0; i < 2'000; ++i) {
            const std::string name = std::to_string(i) + ".log";
            rig.dir.append(name, i % 5 == 0 ? "" : line(i) + "\n");
            if (i % 5 != 0) {
                expected.insert(line(i));
            }
        }
        rig.look();
        rig.look();
        for (int i = 0; i < 2'000; i += 100) {
            rig.dir.append(std::to_string(i) + ".log", line(i) + "\n");
            expected.insert(line(i));
        }
        rig.look();
        const Texts texts = rig.texts();
        CHECK(texts.size() == expected.size());
        CHECK(std::set<std::string>(texts.begin(), texts.end()) == expected);
    }
}

TEST_CASE("a busy file starves no quiet one") {
    TailRig rig("*.log");
    std::string busy;
    while (busy.size() < size_t{4} << 20) {
        busy += "{\"busy\":\"" + std::string(1'000, 'x') + "\"}\n";
    }
    rig.dir.append("a-busy.log", busy);
    rig.dir.append("quiet.log", line(1) + "\n");
    rig.look_only();
    rig.read(kReadBufferBytes * 2);
    const Texts texts = rig.texts();
    CHECK(std::count(texts.begin(), texts.end(), line(1)) == 1);
    CHECK(rig.document_bytes() < size_t{1} << 20);
}

TEST_CASE("a sink that wants no more gets no more, and the rest later") {
    TailRig rig;
    for (int i = 0; i < 10; ++i) {
        rig.dir.append("app.log", line(i) + "\n");
    }
    rig.on_document = [](const TailedDocument&) { return false; };
    rig.look_only();
    for (size_t i = 1; i <= 10; ++i) {
        CHECK(rig.read() > 0);
        CHECK(rig.documents.size() == i);
    }
    rig.read();
    CHECK(rig.read() == 0);
    CHECK(rig.documents.size() == 10);
    CHECK(rig.document_bytes() + rig.skipped_bytes == 80);
}

TEST_CASE("a restart within a document goes on there and says how many records are sealed") {
    TailRig rig;
    rig.dir.append("app.log", line(1) + "\n[1,2,3,4,5]\n" + line(3) + "\n");
    rig.on_document = [&](const TailedDocument& document) {
        if (document.offset == 8) {
            rig.commit();  // line 1 alone: without a hold the open document counts as unread
            rig.tail->hold_open_document(3);
            rig.commit();
        }
        return document.offset != 8;
    };
    rig.look_only();
    rig.read();
    rig.restart();
    rig.restart();  // not read in between: the place is kept
    rig.on_document = nullptr;
    rig.look();
    REQUIRE(rig.documents.size() == 4);
    CHECK(rig.documents[2].text == "[1,2,3,4,5]");
    CHECK(rig.documents[2].records_already_sealed == 3);
    CHECK(rig.documents[3].text == line(3));
    CHECK(rig.documents[3].records_already_sealed == 0);
    rig.restart();
    rig.look();
    CHECK(rig.documents.size() == 4);
}

TEST_CASE("a document being handed out counts as unread until it was taken") {
    TailRig rig;
    rig.dir.append("app.log", line(1) + "\n" + line(2) + "\n");
    rig.on_document = [&](const TailedDocument& document) {
        if (document.offset == 8) {
            rig.commit();
        }
        return document.offset != 8;
    };
    rig.look_only();
    rig.read();
    rig.on_document = nullptr;
    rig.restart();
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(2), line(2)});
}

TEST_CASE("positions are told when they change, and all of them as told last") {
    TailRig rig;
    rig.dir.append("app.log", line(1) + "\n");
    rig.look_only();
    CHECK(rig.tail->changed_positions().empty());
    rig.read();
    CHECK(rig.tail->all_positions().empty());
    const auto changed = rig.tail->changed_positions();
    REQUIRE(changed.size() == 1);
    CHECK(changed[0].offset == 8);
    CHECK(changed[0].fingerprint_bytes == 8);
    CHECK(rig.tail->changed_positions().empty());
    rig.dir.append("app.log", line(2) + "\n");
    rig.look_only();
    rig.read();
    CHECK(rig.tail->all_positions() == changed);
}

TEST_CASE("a saved position whose file has another identity now is taken over by its content") {
    TailRig rig;
    rig.dir.append("app.log", line(1) + "\n");
    rig.look_only();
    rig.read();
    auto saved = rig.tail->changed_positions();
    REQUIRE(saved.size() == 1);
    saved[0].file.device += 1;
    rig.dir.append("app.log", line(2) + "\n");
    rig.tail = SourceTail::make(rig.options, rig.files, rig.watch, rig.clock, test_hash, saved);
    rig.look_only();
    rig.read();
    CHECK(rig.texts() == Texts{line(1), line(2)});
    const auto changed = rig.tail->changed_positions();
    REQUIRE(changed.size() == 2);
    CHECK(changed[0].finished);
    CHECK(changed[0].file == saved[0].file);
    CHECK_FALSE(changed[1].finished);
    CHECK(changed[1].offset == 16);
}

TEST_CASE(
    "a saved position whose file holds other text is dropped, and the file read from its start") {
    TailRig rig;
    rig.dir.append("app.log", line(1) + "\n" + line(2) + "\n");
    rig.look();
    rig.restart();
    rig.dir.write("app.log", line(3) + "\n" + line(4) + "\n" + line(5) + "\n");
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(2), line(3), line(4), line(5)});
}

TEST_CASE("used-up watches are told once, and polling goes on") {
    TailRig rig;
    rig.watch.used_up = true;
    rig.dir.append("app.log", line(1) + "\n");
    rig.look();
    rig.dir.append("app.log", line(2) + "\n");
    rig.look();
    CHECK(rig.problems.size() == 1);
    CHECK(rig.problems[0].second == ErrorCode::kNoSpace);
    CHECK(rig.texts() == Texts{line(1), line(2)});
}

TEST_CASE("descriptors are bounded, and given back when there is nothing to read") {
    TailRig rig("*.log");
    for (size_t i = 0; i < 2 * kOpenFilesMax; ++i) {
        rig.dir.append(std::to_string(i) + ".log", "{}\n");
    }
    const auto open_descriptors = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator());
    };
    const auto before = open_descriptors();
    rig.look();
    CHECK(open_descriptors() - before == kOpenFilesMax);
    rig.clock.advance_millis(kIdleCloseMillis);
    rig.look();
    CHECK(open_descriptors() == before);
    CHECK(rig.documents.size() == 2 * kOpenFilesMax);
}

TEST_CASE("of many rotated files only the newest stay in sight") {
    TailRig rig;
    for (int i = 0; i < 100; ++i) {
        rig.dir.append("app.log", line(i) + "\n");
        rig.look();
        rig.dir.rename("app.log", "app.log-" + std::to_string(1000 + i));
    }
    rig.look();
    rig.look();
    CHECK(rig.documents.size() == 100);
    CHECK(rig.tail->files() <= static_cast<size_t>(kRotatedFilesMax));
    CHECK(rig.committed_positions() == rig.tail->files());
}
