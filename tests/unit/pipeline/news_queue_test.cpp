#include "pipeline/news_queue.h"

#include <doctest/doctest.h>

#include "fakes/fake_clock.h"

using namespace llmtrail;

namespace {

constexpr int kSeconds = 100;
constexpr int kPerSecond = 50;

// News that comes faster than its rate: how much becomes records, and that all of it is counted.
void check_rate(uint16_t event_class, NewsRate rate) {
    CAPTURE(event_class);
    NewsQueue queue;
    FakeClock clock;
    int64_t taken = 0;
    int64_t counted = 0;
    auto drain = [&](bool all) {
        while (std::optional<AgentNews> news = queue.take(clock.monotonic_now(), all)) {
            ++taken;
            counted += news->count;
        }
    };
    for (int second = 0; second < kSeconds; ++second) {
        for (int i = 0; i < kPerSecond; ++i) {
            queue.add({event_class, "app", "the same words", 1}, clock.monotonic_now());
            drain(false);
        }
        clock.advance_millis(1000);
    }
    int64_t allowed = rate.burst + kSeconds * 1000 / rate.interval_ms;
    CHECK(taken <= allowed);
    CHECK(taken >= allowed - 2);
    CHECK(counted < kPerSecond * kSeconds);
    drain(true);
    CHECK(counted == kPerSecond * kSeconds);
    CHECK(queue.wait_ms(clock.monotonic_now()) == -1);
}

}  // namespace

TEST_CASE("news of one kind comes through in a burst, then slowly, and every piece is counted") {
    check_rate(603, kNewsRate);
    check_rate(710, kFlapRate);
    check_rate(711, kFlapRate);
}

TEST_CASE("what is held back of one kind delays no other, and says when it comes") {
    NewsQueue queue;
    FakeClock clock;
    for (int i = 0; i <= kNewsRate.burst; ++i) {
        queue.add({603, "app", "x", 1}, clock.monotonic_now());
    }
    while (queue.take(clock.monotonic_now())) {
    }
    queue.add({710, "soc", "down", 1}, clock.monotonic_now());
    CHECK(queue.wait_ms(clock.monotonic_now()) == 0);
    CHECK(queue.take(clock.monotonic_now())->event_class == 710);
    int64_t wait_ms = queue.wait_ms(clock.monotonic_now());
    REQUIRE(wait_ms > 0);
    clock.advance_millis(wait_ms - 1);
    CHECK_FALSE(queue.take(clock.monotonic_now()));
    clock.advance_millis(1);
    CHECK(queue.take(clock.monotonic_now())->event_class == 603);
}

TEST_CASE("a full list counts further news with its own kind") {
    std::vector<AgentNews> waiting;
    merge_news(waiting, {710, "soc", "down", 1});
    for (size_t i = 0; i < 3 * kNewsMax; ++i) {
        merge_news(waiting, {603, "app", std::to_string(i), 1});
    }
    CHECK(waiting.size() == kNewsMax);
    CHECK(waiting[0].count == 1);
    CHECK(waiting[0].detail == "down");
}

TEST_CASE("a full list never counts news with another kind, nor equal words of an output as one") {
    std::vector<AgentNews> waiting;
    for (size_t i = 0; i < kNewsMax; ++i) {
        merge_news(waiting, {710, "soc", "refused", 1});
    }
    CHECK(waiting.size() == kNewsMax);
    merge_news(waiting, {711, "soc", "recovered", 1});
    merge_news(waiting, {711, "soc", "recovered", 1});
    REQUIRE(waiting.size() == kNewsMax + 1);
    CHECK(waiting.back().event_class == 711);
    CHECK(waiting.back().count == 2);
    CHECK(waiting[kNewsMax - 1].count == 1);
}
