#include "json_tree/json_number.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace llmtrail {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool fits_64_bits(std::string_view digits) {
    int64_t as_signed = 0;
    uint64_t as_unsigned = 0;
    const char* end = digits.data() + digits.size();
    return std::from_chars(digits.data(), end, as_signed).ec == std::errc() ||
           std::from_chars(digits.data(), end, as_unsigned).ec == std::errc();
}

// A number that from_chars finds out of range is either too large or so small that it reads as 0:
// too large when its first digit that is not 0 stands left of the point, after the exponent has
// moved it.
bool is_too_large(std::string_view number) {
    size_t mantissa_end = std::min(number.find_first_of("eE"), number.size());
    std::string_view mantissa = number.substr(0, mantissa_end);
    if (mantissa.starts_with('-')) {
        mantissa.remove_prefix(1);
    }
    size_t point = std::min(mantissa.find('.'), mantissa.size());
    size_t first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) {
        return false;
    }
    auto magnitude = static_cast<int64_t>(point) - static_cast<int64_t>(first);
    int64_t exponent = 0;
    if (mantissa_end < number.size()) {
        std::string_view power = number.substr(mantissa_end + 1);
        bool negative = power.starts_with('-');
        if (power.starts_with('+')) {
            power.remove_prefix(1);
        }
        if (std::from_chars(power.data(), power.data() + power.size(), exponent).ec !=
            std::errc()) {
            return !negative;
        }
    }
    return magnitude > -exponent;
}

}  // namespace

size_t json_number_length(std::string_view text) {
    size_t at = 0;
    auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
    auto digits = [&] {
        size_t from = at;
        while (is_digit(peek())) {
            ++at;
        }
        return at > from;
    };
    if (peek() == '-') {
        ++at;
    }
    if (peek() == '0') {
        ++at;
    } else if (!digits()) {
        return 0;
    }
    if (peek() == '.') {
        ++at;
        if (!digits()) {
            return 0;
        }
    }
    if (peek() == 'e' || peek() == 'E') {
        ++at;
        if (peek() == '+' || peek() == '-') {
            ++at;
        }
        if (!digits()) {
            return 0;
        }
    }
    return at;
}

bool json_number_fits(std::string_view number) {
    if (number.find_first_of(".eE") == std::string_view::npos) {
        return fits_64_bits(number);
    }
    double value = 0;
    auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    return read.ec == std::errc() || !is_too_large(number);
}

}  // namespace llmtrail
