// Documents whose pieces a join held: after a restart they are handed out again, before anything
// new.
#include <doctest/doctest.h>

#include "fakes/fake_random.h"
#include "unit/tail/tail_rig.h"

using namespace llmtrail;

namespace {

using Texts = std::vector<std::string>;
using Held = OpenRange::Held;

std::string line(int number) {
    return "{\"n\":" + std::to_string(number) + "}";  // 7 bytes below 10
}

constexpr uint64_t kLineBytes = 8;  // with its newline

OpenRange lines(uint64_t first, uint64_t count, Held held = Held::kAll) {
    return {first * kLineBytes, (first + count) * kLineBytes - 1, held, 0, 0};
}

// Five lines, read; the tail is told which of them a join holds, and that is committed.
FileId read_five(TailRig& rig, std::vector<OpenRange> ranges) {
    for (int n = 0; n < 5; ++n) {
        rig.dir.append("app.log", line(n) + "\n");
    }
    rig.look();
    FileId file = rig.documents[0].file;
    rig.tail->set_open_ranges(file, std::move(ranges));
    rig.commit();
    rig.documents.clear();
    return file;
}

bool covers_loosely(const OpenRange& over, const OpenRange& range) {
    if (over.held == Held::kSomeLoose) {
        return over.begin == range.begin && range.of_one_document() &&
               over.first_piece <= range.first_piece &&
               range.first_piece + range.pieces <= over.first_piece + over.pieces;
    }
    return over.held == Held::kLoose && over.begin <= range.begin && range.end <= over.end;
}

bool is_reread(const HandedOut& document) {
    return document.reread.has_value();
}

}  // namespace

TEST_CASE("open ranges are in the position as long as the sink says so") {
    TailRig rig;
    FileId file = read_five(rig, {lines(1, 2), lines(4, 1)});
    CHECK(rig.committed_ranges(file) == std::vector<OpenRange>{lines(1, 2), lines(4, 1)});
    CHECK(rig.tail->changed_positions().empty());
    rig.tail->set_open_ranges(file, {lines(1, 2), lines(4, 1)});
    CHECK(rig.tail->changed_positions().empty());
    rig.tail->set_open_ranges(file, {lines(4, 1)});
    rig.commit();
    CHECK(rig.committed_ranges(file) == std::vector<OpenRange>{lines(4, 1)});
    rig.tail->set_open_ranges(file, {});
    rig.commit();
    CHECK(rig.committed_ranges(file).empty());
}

TEST_CASE(
    "after a restart their documents come first, then what is new, and no byte counts twice") {
    TailRig rig;
    read_five(rig, {lines(1, 2), lines(4, 1, Held::kLoose)});
    uint64_t skipped = rig.skipped_bytes;
    rig.dir.append("app.log", line(5) + "\n");
    rig.restart();
    rig.look();
    CHECK(rig.texts() == Texts{line(1), line(2), line(4), line(5)});
    CHECK(is_reread(rig.documents[0]));
    CHECK_FALSE(rig.documents[0].reread->loose);
    CHECK(rig.documents[1].offset == 2 * kLineBytes);
    CHECK(rig.documents[2].reread->loose);
    CHECK(rig.documents[2].reread->pieces == UINT32_MAX);
    CHECK_FALSE(is_reread(rig.documents[3]));
    CHECK(rig.skipped_bytes == skipped + 1);
}

TEST_CASE("of one document only some pieces are wanted") {
    TailRig rig;
    FileId file = read_five(rig, {{0, 7, Held::kSome, 2, 3}, {0, 7, Held::kSome, 9, 1}});
    rig.restart();
    rig.look();
    CHECK(rig.texts() == Texts{line(0), line(0)});
    CHECK(rig.documents[0].reread->first_piece == 2);
    CHECK(rig.documents[0].reread->pieces == 3);
    CHECK(rig.documents[1].reread->first_piece == 9);
    CHECK(rig.committed_ranges(file).empty());  // the rig's sink holds none of it
}

TEST_CASE("a range stays in the position until its documents were handed out and are sealed") {
    TailRig rig;
    FileId file = read_five(rig, {lines(0, 3), lines(4, 1)});
    rig.restart();
    rig.on_document = [](const TailedDocument&) { return false; };
    rig.look_only();
    rig.read();
    CHECK(rig.texts() == Texts{line(0)});
    rig.tail->set_open_ranges(file, {lines(0, 1)});
    rig.commit();
    CHECK(rig.committed_ranges(file).size() == 3);  // held, and two to be read
    rig.restart();
    rig.on_document = nullptr;
    rig.documents.clear();
    rig.look();
    CHECK(rig.texts() == Texts{line(0), line(1), line(2), line(4)});
}

TEST_CASE("ranges of all files come before what is new in any") {
    TailRig rig("*.log");
    rig.dir.append("a.log", line(0) + "\n" + line(1) + "\n");
    rig.dir.append("b.log", line(2) + "\n" + line(3) + "\n");
    rig.look();
    for (const HandedOut& document : std::vector<HandedOut>(rig.documents)) {
        rig.tail->set_open_ranges(document.file, {lines(1, 1)});
    }
    rig.commit();
    rig.documents.clear();
    rig.dir.append("a.log", line(4) + "\n");
    rig.dir.append("b.log", line(5) + "\n");
    rig.restart();
    rig.look();
    REQUIRE(rig.documents.size() == 4);
    CHECK((is_reread(rig.documents[0]) && is_reread(rig.documents[1])));
    CHECK_FALSE((is_reread(rig.documents[2]) || is_reread(rig.documents[3])));
}

TEST_CASE(
    "a document open at the restart follows the ranges, with its sealed records counted off") {
    TailRig rig;
    rig.dir.append("app.log", line(0) + "\n" + line(1) + "\n");
    rig.on_document = [&](const TailedDocument& document) {
        if (document.offset > 0) {
            rig.tail->set_open_ranges(
                document.file, {lines(0, 1), {kLineBytes, 2 * kLineBytes - 1, Held::kSome, 0, 1}});
            rig.tail->hold_open_document(3);
            rig.commit();
        }
        return true;
    };
    rig.look_only();
    rig.read();
    rig.on_document = nullptr;
    rig.documents.clear();
    rig.restart();
    rig.look();
    CHECK(rig.texts() == Texts{line(0), line(1), line(1)});
    CHECK(is_reread(rig.documents[1]));
    CHECK_FALSE(is_reread(rig.documents[2]));
    CHECK(rig.documents[2].records_already_sealed == 3);
}

TEST_CASE("ranges follow a file that was renamed while the agent was down") {
    TailRig rig;
    read_five(rig, {lines(3, 1)});
    rig.dir.rename("app.log", "app.log.1");
    rig.dir.append("app.log", line(9) + "\n");
    rig.restart();
    rig.look();
    CHECK(rig.texts() == Texts{line(3), line(9)});
    CHECK(rig.lost_bytes == 0);
}

TEST_CASE("generations that were found are in the next frame, read or not, with the one before") {
    TailRig rig;
    read_five(rig, {lines(3, 1)});
    rig.dir.rename("app.log", "app.log.2");
    rig.dir.append("app.log.1", line(8) + "\n");
    rig.dir.append("app.log", line(9) + "\n");
    rig.restart();
    rig.look_only();
    rig.read(1);  // the range alone
    rig.commit();
    rig.restart();
    rig.look();
    CHECK(rig.texts() == Texts{line(3), line(8), line(9)});
}

TEST_CASE("ranges go on in the copy of a truncated file, while running and over a restart") {
    for (const bool running : {true, false}) {
        CAPTURE(running);
        TailRig rig;
        FileId file = read_five(rig, {lines(3, 1)});
        rig.dir.copy("app.log", "app.log.1");
        rig.dir.truncate("app.log");
        rig.dir.append("app.log", line(9) + "\n");
        if (!running) {
            rig.restart();
        }
        rig.look();
        REQUIRE(rig.moves.size() == 1);
        CHECK(rig.moves[0].first == file);
        REQUIRE(rig.moves[0].second);
        CHECK(*rig.moves[0].second != file);
        CHECK(rig.texts() == (running ? Texts{line(9)} : Texts{line(3), line(9)}));
        CHECK(rig.lost_bytes == 0);
        CHECK(rig.committed_ranges(file).empty());
    }
}

TEST_CASE(
    "a file truncated without a copy takes its ranges along, and a restart counts them lost") {
    for (const bool running : {true, false}) {
        CAPTURE(running);
        TailRig rig;
        FileId file = read_five(rig, {lines(3, 1)});
        rig.dir.write("app.log", line(9) + "\n");
        if (!running) {
            rig.restart();
        }
        rig.look();
        REQUIRE(rig.moves.size() == 1);
        CHECK_FALSE(rig.moves[0].second);
        CHECK(rig.texts() == Texts{line(9)});
        CHECK(rig.lost_bytes == (running ? 0 : kLineBytes - 1));
        CHECK(rig.committed_ranges(file).empty());
    }
}

TEST_CASE("a removed file is not forgotten while pieces of it are held") {
    TailRig rig;
    FileId file = read_five(rig, {lines(3, 1)});
    rig.dir.remove("app.log");
    rig.look();
    rig.clock.advance_millis(60'000);
    rig.look();
    CHECK(rig.committed_ranges(file).size() == 1);
    rig.tail->set_open_ranges(file, {});
    rig.look();
    CHECK(rig.committed_positions() == 0);
    CHECK(rig.lost_bytes == 0);
}

TEST_CASE("pieces of a file that is gone after a restart are reported lost, once") {
    TailRig rig;
    read_five(rig, {lines(1, 2), lines(4, 1)});
    rig.dir.remove("app.log");
    rig.restart();
    for (int i = 0; i < 4; ++i) {
        rig.look();
    }
    CHECK(rig.documents.empty());
    CHECK(rig.lost_bytes == 2 * kLineBytes - 1 + kLineBytes - 1);
    CHECK(rig.committed_positions() == 0);
}

TEST_CASE("documents in ranges are whole whatever their size, and cut as they were") {
    TailRig rig;
    rig.options.document_bytes_max = size_t{600} << 10;
    std::string large = "{\"a\":\"" + std::string(size_t{500} << 10, 'x') + "\"}";
    std::string huge = "{\"a\":\"" + std::string(size_t{700} << 10, 'y') + "\"}";
    std::string all = large + "\n" + huge + "\n" + line(1);
    rig.dir.append("app.log", all + "\n");
    rig.look();
    std::vector<HandedOut> before = std::exchange(rig.documents, {});
    REQUIRE(before.size() == 3);
    rig.tail->set_open_ranges(before[0].file, {{0, all.size(), Held::kAll, 0, 0}});
    rig.commit();
    rig.restart();
    rig.look();
    REQUIRE(rig.documents.size() == 3);
    for (size_t i = 0; i < 3; ++i) {
        CHECK(rig.documents[i].text == before[i].text);
        CHECK(rig.documents[i].offset == before[i].offset);
        CHECK(rig.documents[i].full_size_bytes == before[i].full_size_bytes);
        CHECK(rig.documents[i].truncated == before[i].truncated);
    }
}

TEST_CASE(
    "more ranges than a position holds become loose ones that cover them, each document once") {
    FakeRandom random(5);
    for (int round = 0; round < 400; ++round) {
        CAPTURE(round);
        std::vector<OpenRange> ranges;
        uint64_t at = 0;
        for (uint64_t left = random.below(200); left > 0; --left) {
            at += 1 + random.below(3) * random.below(50);
            uint64_t end = at + 1 + random.below(20);
            uint64_t runs = random.below(4) == 0 ? 1 + random.below(100) : 0;
            for (uint32_t run = 0; run < runs; ++run) {
                ranges.push_back(
                    {at, end, run % 5 == 0 ? Held::kSomeLoose : Held::kSome, 3 * run, 1 + run % 2});
            }
            if (runs == 0) {
                ranges.push_back({at, end, Held::kAll, 0, 0});
            }
            at = end;
        }
        uint64_t open = random.below(2) == 0 && !ranges.empty()
                            ? ranges[random.below(ranges.size())].begin
                            : kNoOpenDocument;
        std::vector<OpenRange> limited = ranges;
        limit_open_ranges(limited, open);
        REQUIRE(limited.size() <= kOpenRangesMax);
        if (ranges.size() <= kOpenRangesMax) {
            REQUIRE(limited == ranges);
        }
        for (const OpenRange& range : ranges) {
            size_t covering = 0;
            for (const OpenRange& over : limited) {
                covering += over == range || covers_loosely(over, range) ? 1U : 0U;
            }
            REQUIRE(covering == 1);
        }
        for (size_t i = 1; i < limited.size(); ++i) {
            const OpenRange& before = limited[i - 1];
            const OpenRange& range = limited[i];
            bool apart = before.end <= range.begin;
            bool one_document = before.begin == range.begin && before.of_one_document() &&
                                range.of_one_document() &&
                                before.first_piece + before.pieces <= range.first_piece;
            REQUIRE((apart || one_document));
        }
        for (const OpenRange& range : limited) {
            REQUIRE((range.held != Held::kLoose || range.begin >= open || range.end <= open));
        }
    }
}
