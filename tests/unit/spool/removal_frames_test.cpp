// PRUNE and ERASE bodies, and what the spool notes about itself in positions.
#include "spool/removal_frames.h"

#include <doctest/doctest.h>

#include "spool/spool_state.h"

using namespace llmtrail;

namespace {

PruneBody a_prune() {
    PruneBody body;
    body.first_segment = 3;
    body.last_segment = 7;
    body.end_index = 4711;
    body.root.fill('r');
    body.reason = PruneReason::kAge;
    body.policy = "older than 30 d";
    return body;
}

EraseBody an_erasure() {
    return {3, 7, section_bit(Section::kPrompt), "request 12 under article 17", "DPO"};
}

}  // namespace

TEST_CASE("a pruning's body comes back as it went") {
    Result<PruneBody> body = decode_prune(encode_prune(a_prune()));
    REQUIRE(body);
    CHECK(body->first_segment == 3);
    CHECK(body->last_segment == 7);
    CHECK(body->end_index == 4711);
    CHECK(body->root == a_prune().root);
    CHECK(body->reason == PruneReason::kAge);
    CHECK(body->policy == "older than 30 d");
}

TEST_CASE("a removal's body that is cut, lengthened or impossible is refused") {
    Bytes prune = encode_prune(a_prune());
    Bytes erase = encode_erase(an_erasure());
    for (size_t size = 0; size < prune.size(); ++size) {
        CHECK(decode_prune(prune.substr(0, size)).error().code == ErrorCode::kCorrupt);
    }
    for (size_t size = 0; size < erase.size(); ++size) {
        CHECK(decode_erase(erase.substr(0, size)).error().code == ErrorCode::kCorrupt);
    }
    CHECK_FALSE(decode_prune(prune + "x"));
    CHECK_FALSE(decode_erase(erase + "x"));
    PruneBody backwards = a_prune();
    backwards.first_segment = 8;
    CHECK_FALSE(decode_prune(encode_prune(backwards)));
    for (int reason : {0, 4, 255}) {
        PruneBody unknown = a_prune();
        unknown.reason = static_cast<PruneReason>(reason);
        CHECK_FALSE(decode_prune(encode_prune(unknown)));
    }
}

TEST_CASE("an erasure names one section at least, and never the envelope") {
    CHECK(decode_erase(encode_erase(an_erasure()))->section_mask == 2);
    for (unsigned mask = 0; mask < 256; ++mask) {
        EraseBody body = an_erasure();
        body.section_mask = static_cast<uint8_t>(mask);
        bool allowed = mask != 0 && (mask & ~0x0EU) == 0;
        CHECK(decode_erase(encode_erase(body)).has_value() == allowed);
    }
}

TEST_CASE("an erasure has a basis and an approver of bounded length") {
    for (size_t size : {size_t{0}, size_t{1}, kRemovalTextBytesMax, kRemovalTextBytesMax + 1}) {
        bool allowed = size != 0 && size <= kRemovalTextBytesMax;
        EraseBody body = an_erasure();
        body.basis.assign(size, 'b');
        CHECK(decode_erase(encode_erase(body)).has_value() == allowed);
        body = an_erasure();
        body.approver.assign(size, 'a');
        CHECK(decode_erase(encode_erase(body)).has_value() == allowed);
    }
}

TEST_CASE("ranges of pruned segments are joined where they touch") {
    PositionMap positions;
    auto prune = [&](uint64_t first, uint64_t last) {
        PruneBody body = a_prune();
        body.first_segment = first;
        body.last_segment = last;
        REQUIRE(apply_prune(body, positions));
    };
    auto text = [&] {
        std::string out;
        SpoolState state = *spool_state_of(positions);
        for (const SegmentRange& range : state.pruned) {
            out += std::to_string(range.first) + "-" + std::to_string(range.last) + " ";
        }
        return out;
    };
    prune(5, 6);
    prune(0, 1);
    CHECK(text() == "0-1 5-6 ");
    prune(8, 8);
    CHECK(text() == "0-1 5-6 8-8 ");
    prune(7, 7);
    CHECK(text() == "0-1 5-8 ");
    prune(2, 4);
    CHECK(text() == "0-8 ");
    SpoolState state = *spool_state_of(positions);
    CHECK(state.is_pruned(0));
    CHECK(state.is_pruned(8));
    CHECK_FALSE(state.is_pruned(9));
}

TEST_CASE("erased ranges add up, and go with their segments") {
    PositionMap positions;
    REQUIRE(apply_erase(an_erasure(), positions));
    EraseBody second = an_erasure();
    second.first_segment = 7;
    second.last_segment = 9;
    second.section_mask = section_bit(Section::kOutput);
    REQUIRE(apply_erase(second, positions));
    SpoolState state = *spool_state_of(positions);
    CHECK(state.erased_sections(2) == 0);
    CHECK(state.erased_sections(3) == 2);
    CHECK(state.erased_sections(7) == 10);
    CHECK(state.erased_sections(9) == 8);
    CHECK(state.erased_sections(10) == 0);
    REQUIRE(apply_prune(a_prune(), positions));
    state = *spool_state_of(positions);
    CHECK(state.erased.size() == 1);
    CHECK(state.erased[0].section_mask == 8);
}

TEST_CASE("holds are read back, and end with an empty value") {
    PositionMap positions;
    LegalHold hold{"case-7", {3, kWithoutEnd}, {42}, "inquiry", "legal"};
    positions[hold_key(hold.id)] = encode_hold(hold);
    positions["source"] = "position";
    SpoolState state = *spool_state_of(positions);
    REQUIRE(state.holds.size() == 1);
    CHECK(state.holds[0].id == "case-7");
    CHECK(state.holds[0].since.value == 42);
    CHECK(state.holds[0].reason == "inquiry");
    CHECK(state.holds[0].by == "legal");
    CHECK(state.hold_on({0, 2}) == nullptr);
    CHECK(state.hold_on({0, 3}) != nullptr);
    CHECK(state.hold_on({99, 99}) != nullptr);
    CHECK(is_own_key(hold_key("case-7")));
    CHECK_FALSE(is_own_key("source"));
}

TEST_CASE("a hold's id is of few letters") {
    CHECK(is_hold_id("case-7_b"));
    CHECK_FALSE(is_hold_id(""));
    CHECK_FALSE(is_hold_id("Case"));
    CHECK_FALSE(is_hold_id("a/b"));
    CHECK_FALSE(is_hold_id(std::string_view("a\0b", 3)));
    CHECK(is_hold_id(std::string(kHoldIdBytesMax, 'a')));
    CHECK_FALSE(is_hold_id(std::string(kHoldIdBytesMax + 1, 'a')));
}

TEST_CASE("notes of the spool that cannot be read are refused, not taken for none") {
    PositionMap positions;
    REQUIRE(apply_prune(a_prune(), positions));
    REQUIRE(apply_erase(an_erasure(), positions));
    LegalHold hold{"case-7", {3, 4}, {42}, "inquiry", "legal"};
    positions[hold_key(hold.id)] = encode_hold(hold);
    for (const auto& [key, value] : positions) {
        for (size_t size = 1; size < value.size(); ++size) {
            PositionMap cut = positions;
            cut[key] = value.substr(0, size);
            CHECK(spool_state_of(cut).error().code == ErrorCode::kCorrupt);
        }
    }
}
