#include "format/cef_numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace llmtrail {

namespace {

constexpr int kDecimals = 9;
constexpr uint64_t kBillion = 1'000'000'000;

// Up to here the product with kBillion is off by less than kTieMargin, so that rounding it gives
// the digits that rounding the exact value would give, unless it is that close to a tie.
constexpr double kScaledRealMax = 1e6;
constexpr double kTieMargin = 0.125;

char* without_zeros(char* end) {
    while (end[-1] == '0' && end[-2] != '.') {
        --end;
    }
    return end;
}

char* put_billionths(char* at, uint64_t billionths) {
    at = std::to_chars(at, at + kIntegerBytesMax, billionths / kBillion).ptr;
    *at = '.';
    uint64_t rest = billionths % kBillion;
    for (int i = kDecimals; i > 0; --i) {
        at[i] = static_cast<char>('0' + rest % 10);
        rest /= 10;
    }
    return without_zeros(at + kDecimals + 1);
}

#if defined(__SSE2__)
__m128i hex_digits(__m128i nibbles) {
    __m128i letters = _mm_cmpgt_epi8(nibbles, _mm_set1_epi8(9));
    __m128i past_digits = _mm_and_si128(letters, _mm_set1_epi8('a' - '0' - 10));
    return _mm_add_epi8(_mm_add_epi8(nibbles, _mm_set1_epi8('0')), past_digits);
}
#endif

}  // namespace

char* put_integer(char* at, int64_t value) {
    return std::to_chars(at, at + kIntegerBytesMax, value).ptr;
}

char* put_unsigned(char* at, uint64_t value) {
    return std::to_chars(at, at + kIntegerBytesMax, value).ptr;
}

void append_unsigned(std::string& out, uint64_t value) {
    std::array<char, kIntegerBytesMax> text;
    out.append(text.data(), static_cast<size_t>(put_unsigned(text.data(), value) - text.data()));
}

char* put_real(char* at, double value) {
    double scaled = std::abs(value) * static_cast<double>(kBillion);
    if (std::abs(value) < kScaledRealMax) {
        auto below = static_cast<uint64_t>(scaled);
        double fraction = scaled - static_cast<double>(below);
        if (std::abs(fraction - 0.5) > kTieMargin) {
            uint64_t billionths = fraction < 0.5 ? below : below + 1;
            if (value < 0 && billionths > 0) {
                *at++ = '-';
            }
            return put_billionths(at, billionths);
        }
    }
    char* end =
        std::to_chars(at, at + kRealBytesMax, value, std::chars_format::fixed, kDecimals).ptr;
    end = without_zeros(end);
    if (end - at == 4 && std::memcmp(at, "-0.0", 4) == 0) {
        std::memcpy(at, "0.0", 3);
        --end;
    }
    return end;
}

char* put_hex(char* at, ByteView bytes) {
    size_t done = 0;
#if defined(__SSE2__)
    for (; done + 16 <= bytes.size(); done += 16) {
        const __m128i low = _mm_set1_epi8(0x0F);
        __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + done));
        __m128i first = hex_digits(_mm_and_si128(_mm_srli_epi16(block, 4), low));
        __m128i second = hex_digits(_mm_and_si128(block, low));
        auto* to = reinterpret_cast<__m128i*>(at + 2 * done);
        _mm_storeu_si128(to, _mm_unpacklo_epi8(first, second));
        _mm_storeu_si128(to + 1, _mm_unpackhi_epi8(first, second));
    }
#endif
    for (; done < bytes.size(); ++done) {
        auto byte = static_cast<uint8_t>(bytes[done]);
        at[2 * done] = "0123456789abcdef"[byte >> 4];
        at[2 * done + 1] = "0123456789abcdef"[byte & 15];
    }
    return at + 2 * bytes.size();
}

}  // namespace llmtrail
