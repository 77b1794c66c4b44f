#include "pipeline/anchor_state.h"

#include <doctest/doctest.h>

using namespace llmtrail;

namespace {

constexpr UnixNanos kWall{1'700'000'000 * kNanosPerSecond};

MonotonicNanos at(int64_t seconds) {
    return {seconds * kNanosPerSecond};
}

UnixNanos wall(int64_t seconds) {
    return {kWall.value + seconds * kNanosPerSecond};
}

}  // namespace

TEST_CASE("the age of the oldest leaf without an anchor is that of its seal") {
    AnchorState state(true, 60'000);
    CHECK(state.unanchored_ms(at(100)) == 0);
    state.note_seal(10, at(100));
    state.note_seal(10, at(105));  // a heartbeat: no leaf more
    state.note_seal(20, at(110));
    CHECK(state.unanchored_ms(at(120)) == 20'000);
    state.note_anchor(10, "soc", at(121));
    CHECK(state.unanchored_ms(at(121)) == 11'000);
    state.note_anchor(15, "soc", at(122));  // the leaves 15 to 19 were sealed with the 20
    CHECK(state.unanchored_ms(at(122)) == 12'000);
    state.note_anchor(20, "soc", at(123));
    CHECK(state.unanchored_ms(at(500)) == 0);
    state.note_seal(21, at(500));
    CHECK(state.unanchored_ms(at(501)) == 1'000);
    CHECK(state.totals(kWall, at(501)).anchored_size == 20);
    CHECK(state.totals(kWall, at(501)).unanchored_seconds() == 1);
}

TEST_CASE("an older anchor that comes later takes nothing back") {
    AnchorState state(true, 60'000);
    state.note_seal(20, at(1));
    state.note_anchor(20, "soc", at(2));
    state.note_anchor(5, "tsa", at(3));
    CHECK(state.totals(kWall, at(4)).anchored_size == 20);
    CHECK(state.totals(kWall, at(4)).holder == "soc");
    CHECK(state.unanchored_ms(at(4)) == 0);
}

TEST_CASE("the state is said in words, and only a fresh anchor counts") {
    AnchorState alone(false, 60'000);
    alone.note_seal(3, at(1));
    CHECK(alone.totals(kWall, at(2)).state == "sent, not anchored");

    AnchorState state(true, 60'000);
    state.note_seal(3, at(1));
    CHECK(state.totals(kWall, at(2)).state == "not anchored");
    state.note_anchor(3, "soc", at(2));
    CHECK(state.totals(kWall, at(2)).state == "anchored");
    CHECK(state.totals(kWall, at(182)).state == "anchored");
    CHECK(state.totals(kWall, at(183)).state == "not anchored");
}

TEST_CASE(
    "the age goes on over a restart, and a clock set back makes nobody younger than nothing") {
    AnchorState first(true, 60'000);
    first.note_seal(10, at(50));
    Ledger ledger;
    ledger.anchors = first.totals(wall(0), at(80));  // 30 s old
    AnchorTotals told = decode_anchor_totals(encode_ledger(ledger));
    CHECK(told.unanchored_since_ns == wall(-30).value);
    CHECK(told.sealed_size == 10);

    AnchorState second(true, 60'000);
    second.resume(told, wall(100), at(5));
    CHECK(second.unanchored_ms(at(5)) == 130'000);
    second.note_seal(12, at(6));
    CHECK(second.unanchored_ms(at(7)) == 132'000);
    second.note_anchor(12, "soc", at(8));
    CHECK(second.unanchored_ms(at(9)) == 0);

    AnchorState third(true, 60'000);
    third.resume(told, wall(-1000), at(5));
    CHECK(third.unanchored_ms(at(5)) == 0);
    CHECK(third.unanchored_ms(at(6)) == 1'000);
}

TEST_CASE("a long outage costs bounded memory and never makes the log look younger") {
    AnchorState state(true, 60'000);
    int64_t now = 0;
    for (uint64_t size = 1; size <= 200'000; ++size) {
        state.note_seal(size, at(++now));
    }
    CHECK(state.unanchored_ms(at(now)) == (now - 1) * 1000);
    for (uint64_t size : {uint64_t{1}, uint64_t{777}, uint64_t{150'000}, uint64_t{199'999}}) {
        state.note_anchor(size, "soc", at(now));
        int64_t true_age_ms = (now - static_cast<int64_t>(size + 1)) * 1000;
        CHECK(state.unanchored_ms(at(now)) >= true_age_ms);
    }
    state.note_anchor(200'000, "soc", at(now));
    CHECK(state.unanchored_ms(at(now + 10)) == 0);
}

TEST_CASE("a ledger that cannot be read says nothing of anchors") {
    Ledger ledger;
    ledger.anchors = {"anchored", "soc", 7, 9, 1500, 12};
    Bytes bytes = encode_ledger(ledger);
    CHECK(decode_anchor_totals(bytes).holder == "soc");
    CHECK(decode_anchor_totals(bytes).unanchored_ms == 1500);
    for (size_t size = 0; size < 20; ++size) {
        CHECK(decode_anchor_totals(ByteView(bytes).substr(0, size)).anchored_size == 0);
    }
    bytes[0] = 3;  // as written before the counts of dead letters
    CHECK(decode_anchor_totals(bytes).anchored_size == 7);
    for (char version : {char{1}, char{5}}) {
        bytes[0] = version;
        CHECK(decode_anchor_totals(bytes).anchored_size == 0);
    }
}
