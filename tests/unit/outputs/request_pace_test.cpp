// How outputs wait after a failure: at random, longer each time, never together, and no longer than
// they must.
#include "outputs/request_pace.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "fakes/fake_clock.h"
#include "fakes/fake_random.h"

using namespace llmtrail;

namespace {

void fail_once(RequestPace& pace, const FakeClock& clock, int64_t retry_after_ms = -1) {
    pace.back_off(clock.monotonic, "busy", ErrorCode::kBusy, retry_after_ms);
}

int64_t left_ms(const RequestPace& pace, const FakeClock& clock) {
    return pace.retry_at().millis_since(clock.monotonic);
}

}  // namespace

TEST_CASE("a hundred outputs that failed together come back all over the window") {
    for (int failures = 1; failures <= 12; ++failures) {
        CAPTURE(failures);
        int64_t window_ms = std::min(kBackoffFirstMs << (failures - 1), kBackoffMsMax);
        std::vector<int64_t> waits;
        for (uint64_t seed = 0; seed < 100; ++seed) {
            FakeRandom random(seed);
            Backoff backoff(random);
            int64_t wait_ms = 0;
            for (int i = 0; i < failures; ++i) {
                wait_ms = backoff.next_ms();
            }
            CHECK(wait_ms >= kBackoffFloorMs);
            CHECK(wait_ms <= window_ms);
            waits.push_back(wait_ms);
        }
        auto [least, most] = std::minmax_element(waits.begin(), waits.end());
        CHECK((*most - *least) * 10 >= window_ms * 8);
        auto early = std::count_if(waits.begin(), waits.end(),
                                   [&](int64_t wait_ms) { return wait_ms < window_ms / 2; });
        CHECK(early >= 30);
        CHECK(early <= 70);
    }
}

TEST_CASE("an output comes back within the longest wait, and within twice that when it is held") {
    FakeRandom random(3);
    FakeClock clock;
    RequestPace pace(random);
    for (int i = 0; i < 200; ++i) {
        fail_once(pace, clock);
        CHECK(left_ms(pace, clock) <= kBackoffMsMax);
        clock.advance_millis(left_ms(pace, clock));
        pace.hold(clock.monotonic, "a setting");
        CHECK(left_ms(pace, clock) >= kHoldMs);
        CHECK(left_ms(pace, clock) < 2 * kHoldMs);
        clock.advance_millis(left_ms(pace, clock));
    }
}

TEST_CASE("what began before a failure neither ends the wait nor lengthens the step") {
    FakeRandom random(3);
    FakeClock clock;
    RequestPace pace(random);
    for (int round = 0; round < 50; ++round) {
        CAPTURE(round);
        fail_once(pace, clock, 40);
        MonotonicNanos until = pace.retry_at();
        for (int i = 0; i < 20; ++i) {
            fail_once(pace, clock);
            pace.succeed(clock.monotonic);
        }
        CHECK(pace.retry_at() == until);
        CHECK_FALSE(pace.up());
        clock.advance_millis(left_ms(pace, clock));
        pace.succeed(clock.monotonic);
        CHECK(pace.up());
        CHECK(left_ms(pace, clock) <= 0);
        fail_once(pace, clock);  // the step is the first one again
        CHECK(left_ms(pace, clock) <= kBackoffFirstMs);
        clock.advance_millis(left_ms(pace, clock));
        pace.succeed(clock.monotonic);
    }
}

TEST_CASE("a receiver that names a time is not asked before, whichever request it told") {
    FakeRandom random(3);
    FakeClock clock;
    RequestPace pace(random);
    fail_once(pace, clock);
    fail_once(pace, clock, 60'000);
    fail_once(pace, clock, 5'000);
    CHECK(left_ms(pace, clock) == 60'000);
}
