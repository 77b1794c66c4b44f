// Wall-clock stamps as data: nanoseconds since 1970-01-01T00:00:00Z, and how precisely they were
// written. Waiting uses the monotonic clock (platform/clock.h), never these. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrail {

struct UnixNanos {
    int64_t value = 0;  // ns since the epoch, UTC

    auto operator<=>(const UnixNanos&) const = default;
};

inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosPerMilli = 1'000'000;

// The values of the field event.time.precision.
enum class TimePrecision : uint8_t { kNanos, kMicros, kMillis, kSeconds, kMinutes, kObserved };
std::string_view precision_name(TimePrecision precision);  // ns us ms s min observed

struct Timestamp {
    UnixNanos at;
    TimePrecision precision = TimePrecision::kNanos;
    bool zone_in_source = false;  // false: the text carried no zone and UTC was assumed
};

// RFC 3339 and its common relatives: 'T' or one space, 0-9 fraction digits, 'Z', ±hh:mm, ±hhmm or
// no zone.
std::optional<Timestamp> parse_iso_time(std::string_view text);

// RFC 9110 IMF-fixdate, "Thu, 20 Nov 2025 12:06:07 GMT".
std::optional<Timestamp> parse_http_date(std::string_view text);

// A bare number: seconds, milliseconds, microseconds or nanoseconds, told apart by magnitude
// (years 2001 to 2286 in each unit). Fractions of seconds keep their digits' precision.
std::optional<Timestamp> parse_epoch(int64_t number);
std::optional<Timestamp> parse_epoch(double seconds);

// "2026-01-01T00:00:00.123Z": exactly 3 or 9 fraction digits.
std::string format_iso_millis(UnixNanos at);
std::string format_iso_nanos(UnixNanos at);

}  // namespace llmtrail
