#include "base/time.h"

#include <doctest/doctest.h>

using namespace llmtrail;

TEST_CASE("an ISO stamp keeps its digits and its zone") {
    auto stamp = parse_iso_time("2025-05-15 14:17:22.000000000");
    REQUIRE(stamp);
    CHECK(stamp->precision == TimePrecision::kNanos);
    CHECK_FALSE(stamp->zone_in_source);
    CHECK(format_iso_nanos(stamp->at) == "2025-05-15T14:17:22.000000000Z");

    stamp = parse_iso_time("2026-11-23T01:37:06.055+01:00");
    REQUIRE(stamp);
    CHECK(stamp->precision == TimePrecision::kMillis);
    CHECK(stamp->zone_in_source);
    CHECK(format_iso_millis(stamp->at) == "2026-11-23T00:37:06.055Z");
}

TEST_CASE("what is no stamp is refused") {
    for (const char* text :
         {"", "2025", "2025-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2025-01-01T24:00:00Z",
          "2025-01-01T00:00:00X", "2025-01-01T00:00:00.Z", "99999-01-01T00:00:00Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_iso_time(text));
    }
}

TEST_CASE("an HTTP date is read in seconds") {
    auto stamp = parse_http_date("Thu, 20 Nov 2025 12:06:07 GMT");
    REQUIRE(stamp);
    CHECK(format_iso_millis(stamp->at) == "2025-11-20T12:06:07.000Z");
    CHECK_FALSE(parse_http_date("Thu, 20 Foo 2025 12:06:07 GMT"));
    CHECK_FALSE(parse_http_date("20 Nov 2025 12:06:07 GMT"));
}

TEST_CASE("the unit of an epoch number is told by its size") {
    CHECK(parse_epoch(int64_t{1763640366})->precision == TimePrecision::kSeconds);
    CHECK(parse_epoch(int64_t{1763640366123})->precision == TimePrecision::kMillis);
    CHECK(parse_epoch(int64_t{1795394240109000000})->at.value == 1795394240109000000);
    CHECK_FALSE(parse_epoch(int64_t{42}));
    // The last second that nanoseconds in 64 bits can say, and the first they cannot, in each unit.
    constexpr int64_t kLast = INT64_MAX / kNanosPerSecond - 1;
    CHECK(parse_epoch(kLast)->at.value == kLast * kNanosPerSecond);
    CHECK(parse_epoch(kLast * 1000)->at.value == kLast * kNanosPerSecond);
    CHECK_FALSE(parse_epoch(kLast + 2));
    CHECK_FALSE(parse_epoch(int64_t{9'770'110'200'456}));
    CHECK_FALSE(parse_epoch(9.5e9));
    CHECK(parse_epoch(1763640366.25)->precision == TimePrecision::kMillis);
    CHECK_FALSE(parse_epoch(-1.0));
}
