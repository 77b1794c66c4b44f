#include "format/cef_escape.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace llmtrail {

namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (size_t c = 0x20; c < 0x7F; ++c) {
        plain[c] = c != '\\' && c != '=';
    }
    return plain;
}();

// Bytes from `at` that stand for themselves: printable ASCII but backslash and '='.
size_t plain_run(const char* at, size_t size) {
    size_t done = 0;
#if defined(__SSE2__)
    const __m128i lowest = _mm_set1_epi8(0x20);
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i equals = _mm_set1_epi8('=');
    const __m128i del = _mm_set1_epi8(0x7F);
    for (; done + 16 <= size; done += 16) {
        __m128i block =
            _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(at + done)));
        // Signed: bytes from 0x80 on are negative and therefore below 0x20 too.
        __m128i special = _mm_cmplt_epi8(block, lowest);
        special = _mm_or_si128(special, _mm_cmpeq_epi8(block, backslash));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(block, equals));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(block, del));
        auto mask = static_cast<uint32_t>(_mm_movemask_epi8(special));
        if (mask != 0) {
            return done + static_cast<size_t>(std::countr_zero(mask));
        }
    }
#endif
    while (done < size && kPlain[static_cast<uint8_t>(at[done])]) {
        ++done;
    }
    return done;
}

// One character of the input and what is written for it.
struct Unit {
    size_t size = 1;        // bytes of input
    bool same = false;      // written as it is
    size_t characters = 1;  // seen by the reader
    bool altered = false;
    std::string_view shown;
};

bool is_continuation(uint8_t c) {
    return (c & 0xC0) == 0x80;
}

// Length of the well-formed multibyte sequence at the start, or 0.
size_t decode(std::string_view text, uint32_t& cp) {
    auto byte = [&](size_t i) {
        return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
    };
    uint8_t lead = byte(0);
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    cp = lead & (0x7FU >> size);
    for (size_t i = 1; i < size; ++i) {
        if (!is_continuation(byte(i))) {
            return 0;
        }
        cp = (cp << 6) | (byte(i) & 0x3FU);
    }
    bool overlong = (size == 3 && cp < 0x800) || (size == 4 && cp < 0x10000);
    bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
    return overlong || surrogate || cp > 0x10FFFF ? 0 : size;
}

// Invisible and able to deceive a reader: C1, line and paragraph separators, bidirectional
// controls, the byte order mark, and tag characters, which can carry a whole hidden text.
bool is_deceptive(uint32_t cp) {
    return cp < 0xA0 || cp == 0x061C || cp == 0x200E || cp == 0x200F ||
           (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xFEFF ||
           (cp >= 0xE0000 && cp <= 0xE007F);
}

class Replacement {
 public:
    // "<U+202E>"
    std::string_view code_point(uint32_t cp) {
        static constexpr char kDigits[] = "0123456789ABCDEF";
        size_t digits = cp > 0xFFFF ? 5 : 4;
        std::memcpy(text_.data(), "<U+", 3);
        for (size_t i = 0; i < digits; ++i) {
            text_[3 + i] = kDigits[(cp >> (4 * (digits - 1 - i))) & 15];
        }
        text_[3 + digits] = '>';
        return {text_.data(), digits + 4};
    }

    // U+2400 and following: a picture of a C0 control; U+2421 for DEL.
    std::string_view picture(uint8_t control) {
        text_[0] = '\xE2';
        text_[1] = '\x90';
        text_[2] = static_cast<char>(0x80 + (control == 0x7F ? 0x21 : control));
        return {text_.data(), 3};
    }

 private:
    std::array<char, 12> text_{};
};

// The unit at the start of `text`, which is no plain ASCII.
Unit next_unit(std::string_view text, Replacement& replacement) {
    Unit unit;
    auto c = static_cast<uint8_t>(text[0]);
    if (c >= 0x80) {
        uint32_t cp = 0;
        size_t size = decode(text, cp);
        if (size == 0) {
            unit.altered = true;
            unit.shown = kReplacementCharacter;
            return unit;
        }
        unit.size = size;
        unit.same = !is_deceptive(cp);
        if (unit.same) {
            unit.shown = text.substr(0, size);
        } else {
            unit.altered = true;
            unit.shown = replacement.code_point(cp);
            unit.characters = unit.shown.size();
        }
        return unit;
    }
    switch (c) {
        case '\\':
            unit.shown = "\\\\";
            break;
        case '=':
            unit.shown = "\\=";
            break;
        case '\n':
            unit.shown = "\\n";
            break;
        case '\r':
            unit.shown = "\\r";
            break;
        case '\t':
            unit.shown = " ";
            break;
        default:
            unit.altered = true;
            unit.shown = replacement.picture(c);
            break;
    }
    return unit;
}

CefValueResult append_units(std::string& out, std::string_view text, size_t characters,
                            size_t bytes) {
    CefValueResult result;
    Replacement replacement;
    size_t copied = 0;  // input before this is written
    size_t at = 0;
    while (at < text.size()) {
        size_t run = plain_run(text.data() + at, text.size() - at);
        size_t fits = std::min({run, characters, bytes});
        at += fits;
        characters -= fits;
        bytes -= fits;
        if (fits < run) {
            result.truncated = true;
            break;
        }
        if (at == text.size()) {
            break;
        }
        Unit unit = next_unit(text.substr(at), replacement);
        if (unit.characters > characters || unit.shown.size() > bytes) {
            result.truncated = true;
            break;
        }
        characters -= unit.characters;
        bytes -= unit.shown.size();
        result.altered |= unit.altered;
        if (!unit.same) {
            out.append(text, copied, at - copied);
            out.append(unit.shown);
            copied = at + unit.size;
        }
        at += unit.size;
    }
    out.append(text, copied, at - copied);
    return result;
}

std::string_view without_blanks(std::string_view text) {
    size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

CefValueResult append_cef_value(std::string& out, std::string_view text,
                                const CefValueLimits& limits) {
    size_t start = out.size();
    text = without_blanks(text);
    CefValueResult result = append_units(out, text, limits.characters_max, limits.bytes_max);
    if (!result.truncated) {
        return result;
    }
    bool marked =
        limits.ellipsis && limits.characters_max > 1 && limits.bytes_max > kEllipsis.size();
    if (marked) {
        out.resize(start);
        result =
            append_units(out, text, limits.characters_max - 1, limits.bytes_max - kEllipsis.size());
        result.truncated = true;
        out += kEllipsis;
    } else {
        while (out.size() > start && out.back() == ' ') {
            out.pop_back();
        }
    }
    return result;
}

}  // namespace llmtrail
