#include "pipeline/news_queue.h"

#include <doctest/doctest.h>

#include "fakes/fake_clock.h"

using namespace llmtrail;

TEST_CASE("news of one kind comes through in a burst, then slowly, and every piece is counted") {
    NewsQueue queue;
    FakeClock clock;
    uint64_t taken = 0;
    uint64_t counted = 0;
    auto drain = [&](bool all) {
        while (std::optional<AgentNews> news = queue.take(clock.monotonic_now(), all)) {
            ++taken;
            counted += news->count;
        }
    };
    constexpr int kSeconds = 100;
    for (int second = 0; second < kSeconds; ++second) {
        for (int i = 0; i < 50; ++i) {
            queue.add({603, "app", "bytes lost: " + std::to_string(i), 1}, clock.monotonic_now());
            drain(false);
        }
        clock.advance_millis(1000);
    }
    CHECK(taken >= static_cast<uint64_t>(kNewsBurst));
    CHECK(taken <= static_cast<uint64_t>(kNewsBurst + kSeconds * 1000 / kNewsIntervalMs));
    CHECK(counted < 50 * kSeconds);
    drain(true);
    CHECK(counted == 50 * kSeconds);
    CHECK(queue.wait_ms(clock.monotonic_now()) == -1);
}

TEST_CASE("what is held back of one kind delays no other, and says when it comes") {
    NewsQueue queue;
    FakeClock clock;
    for (int i = 0; i <= kNewsBurst; ++i) {
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
