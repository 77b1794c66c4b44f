#include "base/time.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace llmtrail {

namespace {

// Days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant, "chrono-Compatible Low-Level
// Date Algorithms").
int64_t days_from_civil(int64_t year, unsigned month, unsigned day) {
    year -= month <= 2 ? 1 : 0;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto year_of_era = static_cast<unsigned>(year - era * 400);
    const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const unsigned day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + static_cast<int64_t>(day_of_era) - 719468;
}

struct Civil {
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
};

Civil civil_from_days(int64_t days) {
    days += 719468;
    const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const auto day_of_era = static_cast<unsigned>(days - era * 146097);
    const unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const unsigned day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned shifted = (5 * day_of_year + 2) / 153;
    Civil civil;
    civil.day = day_of_year - (153 * shifted + 2) / 5 + 1;
    civil.month = shifted < 10 ? shifted + 3 : shifted - 9;
    civil.year = static_cast<int64_t>(year_of_era) + era * 400 + (civil.month <= 2 ? 1 : 0);
    return civil;
}

unsigned days_in_month(int64_t year, unsigned month) {
    static constexpr std::array<unsigned, 12> kDays = {31, 28, 31, 30, 31, 30,
                                                       31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : kDays[month - 1];
}

// Reads exactly `digits` decimal digits at the front of `text` and removes them.
bool take_digits(std::string_view& text, size_t digits, int64_t& value) {
    if (text.size() < digits) {
        return false;
    }
    value = 0;
    for (size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return true;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

TimePrecision precision_of_digits(size_t digits) {
    if (digits == 0) {
        return TimePrecision::kSeconds;
    }
    return digits <= 3   ? TimePrecision::kMillis
           : digits <= 6 ? TimePrecision::kMicros
                         : TimePrecision::kNanos;
}

// ".123456": fraction digits to nanoseconds; digits past the ninth are dropped.
bool take_fraction(std::string_view& text, int64_t& nanos, size_t& digits) {
    nanos = 0;
    digits = 0;
    if (!take(text, '.') && !take(text, ',')) {
        return true;
    }
    int64_t scale = kNanosPerSecond;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (digits < 9) {
            scale /= 10;
            nanos += (text.front() - '0') * scale;
        }
        ++digits;
        text.remove_prefix(1);
    }
    return digits > 0;
}

// "Z", "+01:00", "+0100", "+01", " UTC" or nothing. False: something else stands there.
bool take_zone(std::string_view& text, int64_t& offset_seconds, bool& present) {
    offset_seconds = 0;
    present = true;
    if (text == "Z" || text == "z" || text == " UTC" || text == " Z") {
        text = {};
        return true;
    }
    if (text.empty()) {
        present = false;
        return true;
    }
    bool negative = text.front() == '-';
    if (!take(text, '+') && !take(text, '-')) {
        return false;
    }
    int64_t hours = 0;
    int64_t minutes = 0;
    if (!take_digits(text, 2, hours) || hours > 23) {
        return false;
    }
    if (!text.empty()) {
        take(text, ':');
        if (!take_digits(text, 2, minutes) || minutes > 59) {
            return false;
        }
    }
    offset_seconds = (hours * 60 + minutes) * 60 * (negative ? -1 : 1);
    return text.empty();
}

// 2001-09-09 to 2262-04-11: up to what nanoseconds in 64 bits can say.
constexpr int64_t kEpochSecondMin = 1'000'000'000;
constexpr int64_t kEpochSecondMax = INT64_MAX / kNanosPerSecond - 1;

bool plausible_second(int64_t seconds) {
    return seconds >= kEpochSecondMin && seconds <= kEpochSecondMax;
}

// Overwrites `digits` characters at `at`.
void put_digits(std::string& text, size_t at, int digits, int64_t value) {
    for (int i = digits - 1; i >= 0; --i) {
        text[at + static_cast<size_t>(i)] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

std::string format_iso(UnixNanos at, int digits, int64_t divisor) {
    int64_t seconds = at.value / kNanosPerSecond;
    int64_t nanos = at.value % kNanosPerSecond;
    if (nanos < 0) {
        nanos += kNanosPerSecond;
        --seconds;
    }
    int64_t days = seconds / 86400;
    int64_t in_day = seconds % 86400;
    if (in_day < 0) {
        in_day += 86400;
        --days;
    }
    Civil civil = civil_from_days(days);
    std::string text = "0000-00-00T00:00:00.";
    put_digits(text, 0, 4, civil.year);
    put_digits(text, 5, 2, civil.month);
    put_digits(text, 8, 2, civil.day);
    put_digits(text, 11, 2, in_day / 3600);
    put_digits(text, 14, 2, in_day / 60 % 60);
    put_digits(text, 17, 2, in_day % 60);
    text.resize(text.size() + static_cast<size_t>(digits), '0');
    put_digits(text, 20, digits, nanos / divisor);
    text.push_back('Z');
    return text;
}

}  // namespace

std::string_view precision_name(TimePrecision precision) {
    static constexpr std::array<std::string_view, 6> kNames = {"ns", "us",  "ms",
                                                               "s",  "min", "observed"};
    return kNames[static_cast<size_t>(precision)];
}

std::optional<Timestamp> parse_iso_time(std::string_view text) {
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    int64_t nanos = 0;
    size_t digits = 0;
    if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) ||
        !take(text, '-') || !take_digits(text, 2, day) ||
        (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) || !take_digits(text, 2, hour) ||
        !take(text, ':') || !take_digits(text, 2, minute)) {
        return std::nullopt;
    }
    TimePrecision precision = TimePrecision::kMinutes;
    if (take(text, ':')) {
        if (!take_digits(text, 2, second) || !take_fraction(text, nanos, digits)) {
            return std::nullopt;
        }
        precision = precision_of_digits(digits);
    }
    int64_t offset = 0;
    bool zone = false;
    if (!take_zone(text, offset, zone) || year < 1970 || year > 2261 || month < 1 || month > 12 ||
        day < 1 || day > days_in_month(year, static_cast<unsigned>(month)) || hour > 23 ||
        minute > 59 || second > 60) {
        return std::nullopt;
    }
    int64_t seconds =
        days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day)) * 86400 +
        hour * 3600 + minute * 60 + second - offset;
    return Timestamp{UnixNanos{seconds * kNanosPerSecond + nanos}, precision, zone};
}

std::optional<Timestamp> parse_http_date(std::string_view text) {
    static constexpr std::array<std::string_view, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    size_t comma = text.find(", ");
    if (comma != 3 || text.size() != 29 || !text.ends_with(" GMT")) {
        return std::nullopt;
    }
    text.remove_prefix(5);
    int64_t day = 0;
    int64_t year = 0;
    if (!take_digits(text, 2, day) || !take(text, ' ')) {
        return std::nullopt;
    }
    unsigned month = 0;
    for (unsigned i = 0; i < kMonths.size(); ++i) {
        if (text.starts_with(kMonths[i])) {
            month = i + 1;
        }
    }
    text.remove_prefix(3);
    if (month == 0 || !take(text, ' ') || !take_digits(text, 4, year) || !take(text, ' ')) {
        return std::nullopt;
    }
    char iso[32];
    int written = std::snprintf(iso, sizeof iso, "%04d-%02u-%02dT%.*sZ", static_cast<int>(year),
                                month, static_cast<int>(day), 8, text.data());
    return parse_iso_time(std::string_view(iso, static_cast<size_t>(written)));
}

std::optional<Timestamp> parse_epoch(int64_t number) {
    if (plausible_second(number)) {
        return Timestamp{UnixNanos{number * kNanosPerSecond}, TimePrecision::kSeconds, true};
    }
    if (plausible_second(number / 1000)) {
        return Timestamp{UnixNanos{number * kNanosPerMilli}, TimePrecision::kMillis, true};
    }
    if (plausible_second(number / 1'000'000)) {
        return Timestamp{UnixNanos{number * 1000}, TimePrecision::kMicros, true};
    }
    if (plausible_second(number / kNanosPerSecond)) {
        return Timestamp{UnixNanos{number}, TimePrecision::kNanos, true};
    }
    return std::nullopt;
}

std::optional<Timestamp> parse_epoch(double seconds) {
    if (!(seconds >= kEpochSecondMin && seconds < static_cast<double>(kEpochSecondMax))) {
        return std::nullopt;
    }
    // A double holds about 0.2 us at this magnitude: microseconds are what it can carry.
    auto micros = static_cast<int64_t>(std::llround(seconds * 1e6));
    TimePrecision precision = micros % 1'000'000 == 0 ? TimePrecision::kSeconds
                              : micros % 1000 == 0    ? TimePrecision::kMillis
                                                      : TimePrecision::kMicros;
    return Timestamp{UnixNanos{micros * 1000}, precision, true};
}

std::string format_iso_millis(UnixNanos at) {
    return format_iso(at, 3, kNanosPerMilli);
}

std::string format_iso_nanos(UnixNanos at) {
    return format_iso(at, 9, 1);
}

}  // namespace llmtrail
