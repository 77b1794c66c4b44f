#include "pipeline/held_documents.h"

#include <doctest/doctest.h>

using namespace llmtrail;

namespace {

using Ranges = std::vector<OpenRange>;
using Held = OpenRange::Held;

constexpr FileId kFile{1, 2, 3};

HeldDocuments::Document document(uint64_t begin, bool reread = false, bool loose = false) {
    return {kFile, begin, begin + 9, reread, loose};
}

// A document of `pieces`, all of them held.
std::vector<PiecePlace> hold_all(HeldDocuments& held, const HeldDocuments::Document& document,
                                 uint32_t pieces) {
    std::vector<PiecePlace> places;
    for (uint32_t number = 0; number < pieces; ++number) {
        places.push_back(held.hold(document, number));
    }
    held.end_document(document, pieces);
    return places;
}

Ranges ranges(const HeldDocuments& held) {
    return held.ranges_before(kFile, 0, UINT32_MAX);
}

}  // namespace

TEST_CASE(
    "neighbours that are held as a whole are one range, until a piece between them is sealed") {
    HeldDocuments held;
    hold_all(held, document(0), 2);
    auto middle = hold_all(held, document(10), 2);
    hold_all(held, document(20), 1);
    CHECK(ranges(held) == Ranges{{0, 29}});
    held.release(middle[0]);
    CHECK(ranges(held) == Ranges{{0, 9}, {10, 19, Held::kSome, 1, 1}, {20, 29}});
    held.release(middle[1]);
    CHECK(ranges(held) == Ranges{{0, 9}, {20, 29}});
}

TEST_CASE("text without pieces between them is read again when it is short") {
    HeldDocuments held;
    hold_all(held, document(0), 1);
    hold_all(held, document(9 + kRangeGapBytesMax), 1);
    hold_all(held, document(1'000'000), 1);
    CHECK(ranges(held) == Ranges{{0, kRangeGapBytesMax + 18}, {1'000'000, 1'000'009}});
    held.end_document(document(500'000), 0);
    CHECK(ranges(held).size() == 2);
    HeldDocuments sealed_between;
    hold_all(sealed_between, document(0), 1);
    sealed_between.end_document(document(10), 3);  // none of its pieces waits
    hold_all(sealed_between, document(20), 1);
    CHECK(ranges(sealed_between) == Ranges{{0, 9}, {20, 29}});
}

TEST_CASE("of a document that is open the pieces so far are named") {
    HeldDocuments held;
    held.hold(document(0), 0);
    held.hold(document(0), 1);
    held.hold(document(0), 4);
    CHECK(ranges(held) == Ranges{{0, 9, Held::kSome, 0, 2}, {0, 9, Held::kSome, 4, 1}});
    CHECK(held.ranges_before(kFile, 0, 1) == Ranges{{0, 9, Held::kSome, 0, 1}});
    CHECK(held.ranges_before(kFile, 0, 0).empty());
}

TEST_CASE("what stood between documents that were read again is not known, and looseness stays") {
    HeldDocuments held;
    hold_all(held, document(0, true), 1);
    hold_all(held, document(10, true), 1);
    hold_all(held, document(50, true), 1);
    hold_all(held, document(100), 1);
    CHECK(ranges(held) == Ranges{{0, 19}, {50, 59}, {100, 109}});
    HeldDocuments loose;
    hold_all(loose, document(0, true, true), 3);
    CHECK(ranges(loose) == Ranges{{0, 9, Held::kSomeLoose, 0, 3}});
}

TEST_CASE("ranges move with the content of a file, or are nobody's") {
    HeldDocuments held;
    auto places = hold_all(held, document(0), 1);
    CHECK(held.take_changed().size() == 1);
    CHECK(held.take_changed().empty());
    FileId copy{1, 9, 9};
    held.move(kFile, copy);
    auto changed = held.take_changed();
    REQUIRE(changed.size() == 1);
    CHECK(changed[0].first == copy);
    CHECK(changed[0].second == Ranges{{0, 9}});
    held.release(places[0]);
    changed = held.take_changed();
    REQUIRE(changed.size() == 1);
    CHECK(changed[0].second.empty());
    CHECK(held.empty());

    places = hold_all(held, document(0), 1);
    held.move(kFile, std::nullopt);
    CHECK(held.take_changed().empty());
    held.release(places[0]);
    CHECK(held.empty());
}
