#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "unit/tail/tail_rig.h"

using namespace llmtrail;

namespace {

using Texts = std::vector<std::string>;

// Every scenario runs fresh and with a restart after each look.
template <typename Scenario>
void fresh_and_resumed(Scenario scenario) {
    for (const bool resumed : {false, true}) {
        CAPTURE(resumed);
        scenario(resumed);
    }
}

std::string line(int number) {
    return "{\"n\":" + std::to_string(number) + "}";
}

}  // namespace

TEST_CASE("appended documents come out once, and every byte is accounted for") {
    fresh_and_resumed([](bool resumed) {
        TailRig rig;
        rig.restart_after_each_look = resumed;
        rig.dir.append("app.log", "\xEF\xBB\xBF{\"n\":1}\r\n{\"n\":2}{\"n\":3}\r\n\r\n");
        rig.look();
        rig.look();
        rig.dir.append("app.log", "text\r\n{\n \"n\": 4\n}\n");
        rig.look();
        CHECK(rig.texts() == Texts{line(1), line(2), line(3), "text", "{\n \"n\": 4\n}"});
        const auto info = rig.files.info(rig.dir / "app.log", false);
        REQUIRE(info);
        CHECK(rig.document_bytes() + rig.skipped_bytes == info->size_bytes);
        CHECK(rig.documents[0].offset == 3);
        CHECK(rig.tail->lag_bytes() == 0);
        CHECK(rig.lost_bytes == 0);
        CHECK(rig.problems.empty());
    });
}

TEST_CASE("a partial document waits and is completed later") {
    fresh_and_resumed([](bool resumed) {
        TailRig rig;
        rig.restart_after_each_look = resumed;
        for (const std::string piece :
             {"{\"n\":1}\n{\"n\"", ":", "2", "}", "\nhal", "f a line", "\n"}) {
            rig.dir.append("app.log", piece);
            rig.look();
            rig.clock.advance_millis(60'000);
        }
        CHECK(rig.texts() == Texts{line(1), line(2), "half a line"});
        CHECK_FALSE(rig.documents.back().unterminated);
    });
}

TEST_CASE(
    "a renamed file is read to its end before its successor, also what is written to it late") {
    fresh_and_resumed([](bool resumed) {
        for (const std::string glob : {"app.log", "app.log*"}) {
            CAPTURE(glob);
            TailRig rig(glob);
            rig.restart_after_each_look = resumed;
            rig.dir.append("app.log", line(1) + "\n");
            rig.look();
            rig.dir.append("app.log", line(2) + "\n");
            rig.dir.rename("app.log", "app.log.1");
            rig.dir.append("app.log", line(4) + "\n");
            rig.dir.append("app.log.1", line(3) + "\n");
            rig.look();
            CHECK(rig.texts() == Texts{line(1), line(2), line(3), line(4)});
            rig.clock.advance_millis(60'000);
            rig.look();
            rig.dir.append("app.log.1", line(5) + "\n");
            rig.look();
            CHECK(rig.texts().back() == line(5));
            CHECK(rig.documents.size() == 5);
        }
    });
}

TEST_CASE("three rotations between two looks lose no generation") {
    fresh_and_resumed([](bool resumed) {
        for (const std::string glob : {"app.log", "app.log*"}) {
            CAPTURE(glob);
            TailRig rig(glob);
            rig.restart_after_each_look = resumed;
            rig.dir.append("app.log.1", "{\"old\":true}\n");
            if (glob == "app.log") {  // outside the glob, older than the log: never read
                struct timespec past[2] = {{1'600'000'000, 0}, {1'600'000'000, 0}};
                REQUIRE(utimensat(AT_FDCWD, (rig.dir / "app.log.1").c_str(), past, 0) == 0);
            } else {
                rig.dir.remove("app.log.1");
            }
            rig.dir.append("app.log", line(1) + "\n");
            rig.look();
            for (int rotation = 0; rotation < 3; ++rotation) {
                rig.dir.append("app.log",
                               line(10 * rotation + 2) + "\n" + line(10 * rotation + 3) + "\n");
                for (int n = 5; n > 0; --n) {
                    const std::string from = "app.log." + std::to_string(n);
                    if (rig.files.info(rig.dir / from, false)) {
                        rig.dir.rename(from, "app.log." + std::to_string(n + 1));
                    }
                }
                rig.dir.rename("app.log", "app.log.1");
            }
            rig.dir.append("app.log", line(99) + "\n");
            rig.look();
            rig.look();
            CHECK(rig.texts() == Texts{line(1), line(2), line(3), line(12), line(13), line(22),
                                       line(23), line(99)});
        }
    });
}

TEST_CASE("an unterminated document of a rotated file comes out when it was quiet") {
    TailRig rig;
    rig.dir.append("app.log", line(1) + "\n{\"n\":");
    rig.look();
    rig.dir.rename("app.log", "app.log.1");
    rig.look();
    rig.clock.advance_millis(20'000);
    rig.look();
    CHECK(rig.documents.size() == 1);  // no successor yet: the application may go on
    rig.dir.append("app.log.1", "2");
    rig.dir.append("app.log", line(3) + "\n");
    rig.look();
    rig.clock.advance_millis(9'000);
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(3)});
    rig.clock.advance_millis(1'000);
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(3), "{\"n\":2"});
    CHECK(rig.documents.back().unterminated);
}

TEST_CASE("a file removed while it is open is read to its end") {
    TailRig rig;
    rig.dir.append("app.log", line(1) + "\n");
    rig.look();
    rig.dir.append("app.log", line(2) + "\n{\"n\":");
    rig.dir.remove("app.log");
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(2)});
    rig.clock.advance_millis(20'000);
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(2), "{\"n\":"});
    rig.look();
    CHECK(rig.tail->files() == 0);
    CHECK(rig.committed_positions() == 0);
    CHECK(rig.lost_bytes == 0);
}

TEST_CASE("a file removed with no descriptor left is reported lost as far as known") {
    TailRig rig;
    rig.dir.append("app.log", line(1) + "\n" + line(2) + "\n");
    rig.on_document = [](const TailedDocument&) { return false; };
    rig.look_only();
    rig.read();
    rig.commit();
    rig.restart();
    rig.dir.remove("app.log");
    rig.look();
    rig.look();
    CHECK(rig.texts() == Texts{line(1)});
    CHECK(rig.lost_bytes == 9);
    CHECK(rig.committed_positions() == 0);
}

TEST_CASE("a file made anew with the same inode number is a new file") {
    fresh_and_resumed([](bool resumed) {
        TailRig rig;
        rig.restart_after_each_look = resumed;
        for (int round = 0; round < 20; ++round) {
            rig.dir.append("app.log", line(round) + "\n" + line(round + 100) + "\n");
            rig.look();
            rig.dir.remove("app.log");
            if (round % 2 == 0) {
                rig.look();
            }
        }
        CHECK(rig.documents.size() == 40);
        CHECK(rig.lost_bytes == 0);
    });
}

TEST_CASE(
    "copytruncate goes on in the copy, whether a glob names it or not, and never reads it twice") {
    fresh_and_resumed([](bool resumed) {
        for (const std::string glob : {"app.log", "app.log*"}) {
            for (const bool look_between : {false, true}) {
                CAPTURE(glob);
                CAPTURE(look_between);
                TailRig rig(glob);
                rig.restart_after_each_look = resumed;
                rig.dir.append("app.log", line(1) + "\n" + line(2) + "\n");
                rig.look();
                rig.dir.append("app.log", line(3) + "\n");
                rig.dir.copy("app.log", "app.log.1");
                if (look_between) {
                    rig.look();
                }
                rig.dir.truncate("app.log");
                rig.dir.append("app.log", line(4) + "\n");
                rig.look();
                rig.clock.advance_millis(60'000);
                rig.look();
                CHECK(rig.texts() == Texts{line(1), line(2), line(3), line(4)});
                CHECK(rig.lost_bytes == 0);
            }
        }
    });
}

TEST_CASE("a file truncated and filled beyond its old end is noticed") {
    fresh_and_resumed([](bool resumed) {
        TailRig rig;
        rig.restart_after_each_look = resumed;
        rig.dir.append("app.log", line(1) + "\n");
        rig.look();
        rig.dir.write("app.log", line(2) + "\n" + line(3) + "\n");
        rig.look();
        rig.look();
        CHECK(rig.texts() == Texts{line(1), line(2), line(3)});
    });
}

TEST_CASE("truncated text that was known but not read is counted lost") {
    TailRig rig;
    rig.dir.append("app.log", line(1) + "\n" + line(2) + "\n");
    rig.on_document = [](const TailedDocument&) { return false; };
    rig.look_only();
    rig.read();
    rig.dir.truncate("app.log");
    rig.on_document = nullptr;
    rig.look();
    CHECK(rig.lost_bytes == 9);
    CHECK(rig.document_bytes() + rig.lost_bytes + rig.skipped_bytes == 16);
}

TEST_CASE("two live files with the same text are two files; a twin is read after the grace time") {
    TailRig rig("app.log*");
    rig.dir.append("app.log", line(1) + "\n");
    rig.look();
    rig.dir.append("app.log.other", line(1) + "\n");
    rig.look();
    CHECK(rig.documents.size() == 1);
    rig.clock.advance_millis(6'000);
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(1)});
}

TEST_CASE("files and folders that appear later are found, and their folders are watched") {
    fresh_and_resumed([](bool resumed) {
        TailRig rig("*/logs/*.log");
        rig.restart_after_each_look = resumed;
        rig.look();
        CHECK(rig.watch.watched.count(rig.dir.path()) == 1);
        std::filesystem::create_directories(rig.dir / "x/logs");
        rig.dir.append("x/logs/a.log", line(1) + "\n");
        rig.dir.append("x/logs/a.txt", "no\n");
        rig.look();
        CHECK(rig.watch.watched.count(rig.dir / "x/logs") == 1);
        rig.dir.append("x/logs/b.log", line(2) + "\n");
        rig.look();
        CHECK(rig.texts() == Texts{line(1), line(2)});
    });
}

TEST_CASE("a file that cannot be opened is told once, and read when it is given back") {
    TailRig rig("*.log");
    rig.files.unreadable = rig.dir / "app.log";
    rig.dir.append("app.log", line(1) + "\n");
    rig.dir.append("other.log", line(2) + "\n");
    rig.look();
    rig.look();
    rig.look();
    CHECK(rig.problems == std::vector<std::pair<std::string, ErrorCode>>{
                              {rig.dir / "app.log", ErrorCode::kPermission}});
    CHECK(rig.texts() == Texts{line(2)});
    CHECK(rig.tail->lag_bytes() == 8);
    CHECK(rig.tail->unreadable_files() == 1);
    rig.files.unreadable.clear();
    rig.look();
    CHECK(rig.texts() == Texts{line(2), line(1)});
    rig.look();
    rig.look();
    CHECK(rig.tail->unreadable_files() == 0);
    rig.files.unreadable =
        rig.dir / "app.log";  // open already: not noticed before it is opened again
    rig.commit();
    rig.restart();
    rig.look();
    CHECK(rig.problems.size() == 2);
}

TEST_CASE("what is no regular file is refused once, and never blocks") {
    TailRig rig("*");
    REQUIRE(mkfifo((rig.dir / "fifo.log").c_str(), 0600) == 0);
    std::filesystem::create_directory(rig.dir / "folder.log");
    rig.dir.append("real", line(1) + "\n");
    std::filesystem::create_symlink(rig.dir / "real", rig.dir / "link.log");
    rig.look();
    rig.look();
    CHECK(rig.problems.size() == 2);
    CHECK(rig.texts() == Texts{line(1)});
}

TEST_CASE("a followed link is its target; when it points elsewhere, both are read") {
    TailRig rig("link");
    rig.options.follow_symlinks = true;
    rig.dir.append("one", line(1) + "\n");
    rig.dir.append("two", line(3) + "\n");
    std::filesystem::create_symlink(rig.dir / "one", rig.dir / "link");
    rig.look();
    rig.dir.append("one", line(2) + "\n");
    rig.dir.remove("link");
    std::filesystem::create_symlink(rig.dir / "two", rig.dir / "link");
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(2), line(3)});
}

TEST_CASE("one file under several names is read once; excluded ones never") {
    TailRig rig("*.log");
    rig.options.paths.push_back(rig.dir / "a*");
    rig.options.exclude = {"b*.log"};
    rig.dir.append("a.log", line(1) + "\n");
    rig.dir.append("b.log", line(2) + "\n");
    std::filesystem::create_hard_link(rig.dir / "a.log", rig.dir / "c.log");
    rig.look();
    rig.dir.remove("a.log");
    rig.dir.append("c.log", line(3) + "\n");
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(3)});
}

TEST_CASE("start at the end holds for the first look alone, and after the last newline") {
    TailRig rig("*.log");
    rig.options.start_at_end = true;
    rig.dir.append("app.log", line(1) + "\n{\"n\":");
    rig.look();
    CHECK(rig.documents.empty());
    rig.restart();
    rig.look();
    rig.dir.append("app.log", "2}\n");
    rig.dir.append("new.log", line(3) + "\n");
    rig.look();
    CHECK(rig.texts() == Texts{line(3), line(2)});
}
