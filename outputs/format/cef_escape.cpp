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

#if defined(__SSE2__)
// A bit for each byte that does not stand for itself.
uint32_t special_bytes(__m128i block) {
    // Signed: bytes from 0x80 on are negative and therefore below 0x20 too.
    __m128i special = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(block, _mm_set1_epi8('=')));
    special = _mm_or_si128(special, _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7F)));
    return static_cast<uint32_t>(_mm_movemask_epi8(special));
}
#endif

// Copies bytes that stand for themselves, printable ASCII but backslash and '=', up to the first
// that does not. Returns how many; up to `size` bytes of `out` may be overwritten.
size_t copy_plain(char* out, const char* from, size_t size) {
    size_t done = 0;
#if defined(__SSE2__)
    for (; done + 16 <= size; done += 16) {
        __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + done));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + done), block);
        if (uint32_t special = special_bytes(block); special != 0) {
            return done + static_cast<size_t>(std::countr_zero(special));
        }
    }
    if (done + 8 <= size) {
        __m128i block = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + done));
        _mm_storel_epi64(reinterpret_cast<__m128i*>(out + done), block);
        if (uint32_t special = special_bytes(block) & 0xFF; special != 0) {
            return done + static_cast<size_t>(std::countr_zero(special));
        }
        done += 8;
    }
#endif
    while (done < size && kPlain[static_cast<uint8_t>(from[done])]) {
        out[done] = from[done];
        ++done;
    }
    return done;
}

// What is written for one character of the input that is no plain ASCII.
struct Unit {
    size_t size = 1;        // bytes of input
    size_t characters = 1;  // seen by the reader
    size_t shown = 0;       // bytes of text
    bool altered = false;
    std::array<char, 12> text{};

    void show(std::string_view as) {
        std::memcpy(text.data(), as.data(), as.size());
        shown = as.size();
    }

    // "<U+202E>"
    void show_code_point(uint32_t cp) {
        static constexpr char kDigits[] = "0123456789ABCDEF";
        size_t digits = cp > 0xFFFF ? 5 : 4;
        std::memcpy(text.data(), "<U+", 3);
        for (size_t i = 0; i < digits; ++i) {
            text[3 + i] = kDigits[(cp >> (4 * (digits - 1 - i))) & 15];
        }
        text[3 + digits] = '>';
        shown = characters = digits + 4;
        altered = true;
    }

    // U+2400 and following: a picture of a C0 control; U+2421 for DEL.
    void show_picture(uint8_t control) {
        text[0] = '\xE2';
        text[1] = '\x90';
        text[2] = static_cast<char>(0x80 + (control == 0x7F ? 0x21 : control));
        shown = 3;
        altered = true;
    }
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

Unit next_unit(std::string_view text) {
    Unit unit;
    auto c = static_cast<uint8_t>(text[0]);
    if (c >= 0x80) {
        uint32_t cp = 0;
        size_t size = decode(text, cp);
        if (size == 0) {
            unit.altered = true;
            unit.show(kReplacementCharacter);
            return unit;
        }
        unit.size = size;
        if (is_deceptive(cp)) {
            unit.show_code_point(cp);
        } else {
            unit.show(text.substr(0, size));
        }
        return unit;
    }
    switch (c) {
        case '\\':
            unit.show("\\\\");
            break;
        case '=':
            unit.show("\\=");
            break;
        case '\n':
            unit.show("\\n");
            break;
        case '\r':
            unit.show("\\r");
            break;
        case '\t':
            unit.show(" ");
            break;
        default:
            unit.show_picture(c);
            break;
    }
    return unit;
}

// One value on its way from the record into the event, with what is left of its limits.
struct Transfer {
    std::string_view rest;
    char* out;
    size_t characters;
    size_t bytes;
    bool altered = false;

    // Until the text ends (true) or its next character is over a limit (false).
    bool run() {
        while (!rest.empty()) {
            size_t allowed = std::min({rest.size(), characters, bytes});
            size_t plain = copy_plain(out, rest.data(), allowed);
            out += plain;
            characters -= plain;
            bytes -= plain;
            rest.remove_prefix(plain);
            if (rest.empty()) {
                break;
            }
            if (plain == allowed) {
                return false;
            }
            Unit unit = next_unit(rest);
            if (unit.characters > characters || unit.shown > bytes) {
                return false;
            }
            std::memcpy(out, unit.text.data(), unit.text.size());
            out += unit.shown;
            characters -= unit.characters;
            bytes -= unit.shown;
            rest.remove_prefix(unit.size);
            altered |= unit.altered;
        }
        return true;
    }
};

// No byte of input and no character of output becomes more than this: C1 controls are two bytes and
// are shown as eight, other characters take up to four.
constexpr size_t kGrowthMax = 4;

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view without_blanks(std::string_view text) {
    size_t begin = 0;
    size_t end = text.size();
    while (begin < end && is_blank(text[begin])) {
        ++begin;
    }
    while (end > begin && is_blank(text[end - 1])) {
        --end;
    }
    return text.substr(begin, end - begin);
}

}  // namespace

CefValueResult append_cef_value(CefBuffer& out, std::string_view text,
                                const CefValueLimits& limits) {
    text = without_blanks(text);
    bool marked =
        limits.ellipsis && limits.characters_max > 1 && limits.bytes_max > kEllipsis.size();
    size_t kept_characters = marked ? 1 : 0;
    size_t kept_bytes = marked ? kEllipsis.size() : 0;
    char* start = out.room(kGrowthMax * std::min(text.size(), limits.characters_max) +
                           sizeof(Unit::text) + kEllipsis.size());
    // Most values are short and plain.
    size_t allowed = std::min({text.size(), limits.characters_max, limits.bytes_max});
    size_t plain = copy_plain(start, text.data(), allowed);
    if (plain == text.size()) {
        out.written_to(start + plain);
        return {};
    }
    Transfer transfer{text, start, limits.characters_max - kept_characters,
                      limits.bytes_max - kept_bytes};
    CefValueResult result;
    result.truncated = !transfer.run();
    if (result.truncated && marked) {
        // What is left may just fit where the ellipsis would stand.
        Transfer last = transfer;
        last.characters += kept_characters;
        last.bytes += kept_bytes;
        result.truncated = !last.run();
        if (!result.truncated) {
            transfer = last;
        } else {
            std::memcpy(transfer.out, kEllipsis.data(), kEllipsis.size());
            transfer.out += kEllipsis.size();
        }
    } else if (result.truncated) {
        while (transfer.out > start && transfer.out[-1] == ' ') {
            --transfer.out;
        }
    }
    result.altered = transfer.altered;
    out.written_to(transfer.out);
    return result;
}

}  // namespace llmtrail
