// Which segments may go: the pure part of pruning.
#include "spool/retention.h"

#include <doctest/doctest.h>

using namespace llmtrail;

namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kNow = 1'000 * kHourMs;

// Ten segments of 100 leaves and 1 MiB each, one an hour, the last closed an hour ago.
std::vector<SegmentFacts> ten_segments() {
    std::vector<SegmentFacts> closed;
    for (uint64_t n = 0; n < 10; ++n) {
        SegmentFacts facts;
        facts.segment_no = n;
        facts.has_payload = true;
        facts.payload_bytes = uint64_t{1} << 20;
        facts.first_index = 100 * n;
        facts.end_index = 100 * n + 100;
        facts.closed_at.value = (kNow - kHourMs * static_cast<int64_t>(10 - n)) * kNanosPerMilli;
        closed.push_back(facts);
    }
    return closed;
}

RetentionPolicy policy() {
    RetentionPolicy policy;
    policy.required_outputs = {"soc", "archive"};
    return policy;
}

RetentionFacts all_released() {
    RetentionFacts facts;
    facts.now.value = kNow * kNanosPerMilli;
    facts.cursors = {{"soc", 5000}, {"archive", 5000}};
    facts.coverage = {5000, "checkpoint sent to soc"};
    return facts;
}

std::vector<uint64_t> chosen(const std::vector<PruneChoice>& choices) {
    std::vector<uint64_t> numbers;
    for (const PruneChoice& choice : choices) {
        for (uint64_t n = choice.segments.first; n <= choice.segments.last; ++n) {
            numbers.push_back(n);
        }
    }
    return numbers;
}

using Numbers = std::vector<uint64_t>;

}  // namespace

TEST_CASE("what is confirmed and covered stays as long as nobody needs the space") {
    CHECK(choose_segments(ten_segments(), policy(), all_released(), 0).empty());
}

TEST_CASE("the oldest go first when space is needed, as many as that takes") {
    auto choices = choose_segments(ten_segments(), policy(), all_released(), 1);
    CHECK(chosen(choices) == Numbers{0});
    CHECK(choices[0].reason == PruneReason::kSpace);
    choices = choose_segments(ten_segments(), policy(), all_released(), uint64_t{2} << 20);
    CHECK(chosen(choices) == Numbers{0, 1, 2});  // leaf files take some of it
    CHECK(choices.size() == 1);
}

TEST_CASE("what is older than max_age goes without need") {
    RetentionPolicy aged = policy();
    aged.max_age_ms = 8 * kHourMs;
    auto choices = choose_segments(ten_segments(), aged, all_released(), 0);
    CHECK(chosen(choices) == Numbers{0, 1, 2});
    CHECK(choices[0].reason == PruneReason::kAge);
}

TEST_CASE("the newest closed segment never goes") {
    auto choices = choose_segments(ten_segments(), policy(), all_released(), uint64_t{1} << 40);
    CHECK(chosen(choices) == Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("a required output's cursor keeps what it has not passed, at the edge") {
    RetentionFacts facts = all_released();
    facts.cursors = {{"soc", 5000}, {"archive", 200}};
    CHECK(chosen(choose_segments(ten_segments(), policy(), facts, uint64_t{1} << 40)) ==
          Numbers{0, 1});
    facts.cursors[1].second = 199;
    CHECK(chosen(choose_segments(ten_segments(), policy(), facts, uint64_t{1} << 40)) ==
          Numbers{0});
    SegmentFacts second = ten_segments()[1];
    CHECK(why_kept(second, 9, policy(), facts) == KeepReason::kUnconfirmed);
    facts.cursors.pop_back();  // no cursor at all: it has confirmed nothing
    CHECK(choose_segments(ten_segments(), policy(), facts, uint64_t{1} << 40).empty());
}

TEST_CASE("without coverage nothing goes, at the edge") {
    RetentionFacts facts = all_released();
    facts.coverage.end_index = 300;
    CHECK(chosen(choose_segments(ten_segments(), policy(), facts, uint64_t{1} << 40)) ==
          Numbers{0, 1, 2});
    facts.coverage.end_index = 299;
    CHECK(chosen(choose_segments(ten_segments(), policy(), facts, uint64_t{1} << 40)) ==
          Numbers{0, 1});
    CHECK(why_kept(ten_segments()[2], 9, policy(), facts) == KeepReason::kUncovered);
    facts.coverage.end_index = 0;
    CHECK(choose_segments(ten_segments(), policy(), facts, uint64_t{1} << 40).empty());
}

TEST_CASE("min_age is a promise: younger segments stay whatever the need, dropping included") {
    RetentionPolicy young = policy();
    young.min_age_ms = 9 * kHourMs;
    young.drop_oldest = true;
    CHECK(chosen(choose_segments(ten_segments(), young, all_released(), uint64_t{1} << 40)) ==
          Numbers{0, 1});
    RetentionFacts nothing = all_released();
    nothing.cursors.clear();
    CHECK(chosen(choose_segments(ten_segments(), young, nothing, uint64_t{1} << 40)) ==
          Numbers{0, 1});
    CHECK(why_kept(ten_segments()[2], 9, young, all_released()) == KeepReason::kTooYoung);
}

TEST_CASE("a clock that was set back makes nothing old") {
    RetentionPolicy young = policy();
    young.min_age_ms = 1;
    RetentionFacts facts = all_released();
    facts.now.value -= 100 * kHourMs * kNanosPerMilli;
    CHECK(choose_segments(ten_segments(), young, facts, uint64_t{1} << 40).empty());
}

TEST_CASE("a legal hold keeps its segments and no others, dropping included") {
    RetentionFacts facts = all_released();
    facts.holds = {{"case-7", {2, 4}, {}, "inquiry", "legal"}};
    auto choices = choose_segments(ten_segments(), policy(), facts, uint64_t{1} << 40);
    CHECK(chosen(choices) == Numbers{0, 1, 5, 6, 7, 8});
    CHECK(choices.size() == 2);
    facts.holds[0].segments = {0, kWithoutEnd};
    facts.cursors.clear();
    RetentionPolicy dropping = policy();
    dropping.drop_oldest = true;
    CHECK(choose_segments(ten_segments(), dropping, facts, uint64_t{1} << 40).empty());
    CHECK(why_kept(ten_segments()[2], 9, dropping, facts) == KeepReason::kHeld);
}

TEST_CASE("evidence of damage is not pruned") {
    auto closed = ten_segments();
    closed[0].evidence = true;
    CHECK(chosen(choose_segments(closed, policy(), all_released(), 1)) == Numbers{1});
    CHECK(why_kept(closed[0], 9, policy(), all_released()) == KeepReason::kEvidence);
}

TEST_CASE("dropping comes only when nothing may go, takes the oldest and counts what was not had") {
    RetentionPolicy dropping = policy();
    dropping.drop_oldest = true;
    RetentionFacts facts = all_released();
    facts.cursors = {{"soc", 250}, {"archive", 5000}};
    auto choices = choose_segments(ten_segments(), dropping, facts, 1);
    CHECK(chosen(choices) == Numbers{0});
    CHECK(choices[0].reason == PruneReason::kSpace);
    auto closed = ten_segments();
    closed[0].has_payload = false;
    closed[1].has_payload = false;
    choices = choose_segments(closed, dropping, facts, uint64_t{1} << 20);
    CHECK(chosen(choices) == Numbers{2, 3});
    CHECK(choices[0].reason == PruneReason::kDropped);
    CHECK(choices[0].unconfirmed == 150);
    CHECK(choose_segments(closed, dropping, facts, 0).empty());
    CHECK(choose_segments(closed, policy(), facts, uint64_t{1} << 20).empty());
}

TEST_CASE("what stays is summed by reason") {
    RetentionFacts facts = all_released();
    facts.cursors[0].second = 600;
    facts.holds = {{"case-7", {2, 3}, {}, "inquiry", "legal"}};
    std::map<KeepReason, uint64_t> segments;
    for (const KeptBytes& kept : sum_kept(ten_segments(), policy(), facts)) {
        segments[kept.reason] = kept.segments;
        CHECK(kept.bytes == kept.segments << 20);
    }
    CHECK(segments == std::map<KeepReason, uint64_t>{{KeepReason::kNone, 4},
                                                     {KeepReason::kHeld, 2},
                                                     {KeepReason::kUnconfirmed, 3},
                                                     {KeepReason::kNewest, 1}});
}
