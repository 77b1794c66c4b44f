// The real clock against the kernel's own answers.
#include <doctest/doctest.h>
#include <sys/timex.h>

#include <ctime>

#include "platform/posix.h"

using namespace llmtrail;

TEST_CASE("the state of the clock is what adjtimex says") {
    timex before{};
    if (adjtimex(&before) < 0) {
        const ClockState told = make_posix_clock()->state();
        CHECK(told.status == STA_UNSYNC);  // nothing is claimed
        CHECK(told.maximum_error_us == 0);
        return;
    }
    const ClockState told = make_posix_clock()->state();
    timex after{};
    REQUIRE(adjtimex(&after) >= 0);
    CHECK((told.status == before.status || told.status == after.status));
    CHECK((told.tai_offset_seconds == before.tai || told.tai_offset_seconds == after.tai));
    CHECK(
        (told.estimated_error_us == before.esterror || told.estimated_error_us == after.esterror));
    CHECK(told.maximum_error_us >= 0);
    CHECK((told.maximum_error_us == before.maxerror || told.maximum_error_us == after.maxerror));
}

TEST_CASE("wall and monotonic time come from their own clocks, to the nanosecond") {
    auto clock = make_posix_clock();
    const MonotonicNanos first = clock->monotonic_now();
    CHECK(clock->monotonic_now() >= first);
    auto kernel_now = [] {
        timespec now{};
        REQUIRE(clock_gettime(CLOCK_REALTIME, &now) == 0);
        return int64_t{now.tv_sec} * kNanosPerSecond + now.tv_nsec;
    };
    const int64_t before = kernel_now();
    const int64_t told = clock->wall_now().value;
    CHECK(told >= before);
    CHECK(told <= kernel_now());
}
