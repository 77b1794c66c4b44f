#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace llmtrail {

namespace {

constexpr size_t kAddressBytesMax = 2048;

struct Unit {
    std::string_view name;
    uint64_t factor;
};

constexpr std::array<Unit, 4> kSizeUnits = {{
    {"TiB", uint64_t{1} << 40},
    {"GiB", uint64_t{1} << 30},
    {"MiB", uint64_t{1} << 20},
    {"KiB", uint64_t{1} << 10},
}};

// "ms" before "s": the longer suffix is asked first.
constexpr std::array<Unit, 5> kDurationUnits = {{
    {"d", 86'400'000},
    {"h", 3'600'000},
    {"min", 60'000},
    {"ms", 1},
    {"s", 1000},
}};

std::optional<uint64_t> multiplied(std::string_view digits, uint64_t factor) {
    std::optional<uint64_t> number = parse_config_integer(digits);
    if (!number || *number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / factor) {
        return std::nullopt;
    }
    return *number * factor;
}

template <size_t N>
std::string in_largest_unit(uint64_t value, const std::array<Unit, N>& units,
                            std::string_view smallest) {
    for (const Unit& unit : units) {
        if (value > 0 && unit.factor > 1 && value % unit.factor == 0) {
            return std::to_string(value / unit.factor) + std::string(unit.name);
        }
    }
    return std::to_string(value) + std::string(smallest);
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::optional<uint64_t> parse_config_integer(std::string_view text) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit) ||
        (text[0] == '0' && text.size() > 1)) {
        return std::nullopt;
    }
    uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

std::optional<bool> parse_config_boolean(std::string_view text) {
    if (text == "true") {
        return true;
    }
    return text == "false" ? std::optional<bool>(false) : std::nullopt;
}

std::optional<uint64_t> parse_config_size(std::string_view text) {
    for (const Unit& unit : kSizeUnits) {
        if (text.ends_with(unit.name)) {
            return multiplied(text.substr(0, text.size() - unit.name.size()), unit.factor);
        }
    }
    return multiplied(text, 1);
}

std::optional<int64_t> parse_config_duration_ms(std::string_view text) {
    for (const Unit& unit : kDurationUnits) {
        if (text.ends_with(unit.name)) {
            auto millis = multiplied(text.substr(0, text.size() - unit.name.size()), unit.factor);
            return millis ? std::optional<int64_t>(static_cast<int64_t>(*millis)) : std::nullopt;
        }
    }
    return std::nullopt;
}

std::optional<int32_t> parse_config_utc_offset(std::string_view text) {
    if (text == "UTC") {
        return 0;
    }
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
        !is_digit(text[1]) || !is_digit(text[2]) || !is_digit(text[4]) || !is_digit(text[5])) {
        return std::nullopt;
    }
    int32_t hours = (text[1] - '0') * 10 + (text[2] - '0');
    int32_t minutes = (text[4] - '0') * 10 + (text[5] - '0');
    int32_t seconds = hours * 3600 + minutes * 60;
    if (minutes > 59 || seconds > 14 * 3600) {
        return std::nullopt;
    }
    return text[0] == '-' ? -seconds : seconds;
}

bool is_plain_address(std::string_view rest) {
    return !rest.empty() && rest.size() <= kAddressBytesMax && rest.front() != '/' &&
           rest.front() != ':' && std::all_of(rest.begin(), rest.end(), [](char c) {
               return c > ' ' && c < '\x7F' && c != '@' && c != '#' && c != '?' && c != '\\';
           });
}

bool is_config_id(std::string_view text) {
    auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= kConfigIdBytesMax &&
           std::all_of(text.begin(), text.end(), allowed);
}

std::string describe_size(uint64_t bytes) {
    return in_largest_unit(bytes, kSizeUnits, "");
}

std::string describe_duration(int64_t millis) {
    if (millis == 0) {
        return "0s";
    }
    constexpr std::array<Unit, 4> kDescending = {
        {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}}};
    return in_largest_unit(static_cast<uint64_t>(millis), kDescending, "ms");
}

}  // namespace llmtrail
