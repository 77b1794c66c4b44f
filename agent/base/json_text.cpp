#include "base/json_text.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace llmtrail {

static bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Does any of these eight bytes need an escape?
static bool any_needs_escape(uint64_t bytes) {
    constexpr uint64_t kOnes = 0x0101010101010101;
    constexpr uint64_t kHighs = 0x8080808080808080;
    auto has_zero = [](uint64_t x) { return (x - kOnes) & ~x & kHighs; };
    uint64_t below_space = (bytes - kOnes * 0x20) & ~bytes & kHighs;
    return (below_space | has_zero(bytes ^ (kOnes * '"')) | has_zero(bytes ^ (kOnes * '\\'))) != 0;
}

// Where the first byte that needs an escape stands, from `at` on; the text's size when none does.
static size_t find_escape(std::string_view text, size_t at) {
#ifdef __SSE2__
    for (; text.size() - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
        __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        int found = _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash)));
        if (found != 0) {
            return at + static_cast<size_t>(std::countr_zero(static_cast<unsigned>(found)));
        }
    }
#endif
    for (; text.size() - at >= 8; at += 8) {
        uint64_t bytes = 0;
        std::memcpy(&bytes, text.data() + at, sizeof bytes);
        if (any_needs_escape(bytes)) {
            break;
        }
    }
    while (at < text.size() && !needs_escape(text[at])) {
        ++at;
    }
    return at;
}

static void append_escape(std::string& out, char c) {
    static constexpr char kDigits[] = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\u00";
            out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
            out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
    }
}

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    size_t run = 0;
    for (size_t at = find_escape(text, 0); at < text.size(); at = find_escape(text, run)) {
        out.append(text, run, at - run);
        append_escape(out, text[at]);
        run = at + 1;
    }
    out.append(text, run, text.size() - run);
    out.push_back('"');
}

template <typename Number>
static void append_number(std::string& out, Number value) {
    char digits[32];
    auto written = std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, static_cast<size_t>(written.ptr - digits));
}

void append_json_integer(std::string& out, int64_t value) {
    append_number(out, value);
}

void append_json_unsigned(std::string& out, uint64_t value) {
    append_number(out, value);
}

// A value of few decimals, as scores and rates are, as its shortest text: false when it has more.
// A decimal of up to 15 digits has one double, and dividing two whole doubles rounds correctly.
static bool append_short_decimal(std::string& out, double value) {
    constexpr double kScale = 1e6;
    constexpr unsigned kDecimals = 6;
    if (!(value >= 1e-3 && value < 1e5)) {  // beyond, an exponent may be shorter
        return false;
    }
    auto scaled = static_cast<uint64_t>(value * kScale + 0.5);
    if (static_cast<double>(scaled) / kScale != value) {
        return false;
    }
    char text[16];
    char* end = std::to_chars(text, text + sizeof text, scaled / 1'000'000).ptr;
    uint64_t fraction = scaled % 1'000'000;
    if (fraction != 0) {
        *end++ = '.';
        for (unsigned digit = kDecimals; digit-- > 0; fraction /= 10) {
            end[digit] = static_cast<char>('0' + fraction % 10);
        }
        for (end += kDecimals; end[-1] == '0'; --end) {
        }
    }
    out.append(text, static_cast<size_t>(end - text));
    return true;
}

void append_json_number(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
    } else if (!append_short_decimal(out, value)) {
        append_number(out, value);
    }
}

}  // namespace llmtrail
