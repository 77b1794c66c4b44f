#include "base/utf8.h"

#include <cstring>

namespace llmtrail {

namespace {

uint8_t byte_at(std::string_view text, size_t at) {
    return static_cast<uint8_t>(text[at]);
}

// Length of the well-formed sequence at `at`, or 0; `bad` then says how many bytes form the maximal
// invalid subpart (Unicode 15, table 3-7 and section 3.9).
size_t sequence_length(std::string_view text, size_t at, size_t& bad) {
    uint8_t lead = byte_at(text, at);
    bad = 1;
    if (lead < 0x80) {
        return 1;
    }
    size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                    : (lead & 0xF0) == 0xE0        ? 3
                    : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                   : 0;
    if (length == 0) {
        return 0;
    }
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (size_t i = 1; i < length; ++i) {
        if (at + i >= text.size()) {
            return 0;
        }
        uint8_t next = byte_at(text, at + i);
        if (next < low || next > high) {
            return 0;
        }
        bad = i + 1;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

// Skips ASCII eight bytes a step; returns the first position that is not in an all-ASCII word.
size_t skip_ascii(std::string_view text, size_t at) {
    while (at + 8 <= text.size()) {
        uint64_t word;
        std::memcpy(&word, text.data() + at, 8);
        if ((word & 0x8080808080808080ULL) != 0) {
            break;
        }
        at += 8;
    }
    return at;
}

bool is_continuation(char c) {
    return (static_cast<uint8_t>(c) & 0xC0) == 0x80;
}

bool is_bidi_control(uint32_t cp) {
    return cp == 0x061C || cp == 0x200E || cp == 0x200F || (cp >= 0x202A && cp <= 0x202E) ||
           (cp >= 0x2066 && cp <= 0x2069);
}

uint32_t decode(std::string_view sequence) {
    uint32_t cp = static_cast<uint8_t>(sequence[0]);
    if (sequence.size() > 1) {
        cp &= 0x7FU >> sequence.size();
    }
    for (char c : sequence.substr(1)) {
        cp = (cp << 6) | (static_cast<uint8_t>(c) & 0x3F);
    }
    return cp;
}

void append_hex(std::string& out, uint32_t value, int digits) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
        out.push_back(kDigits[(value >> shift) & 15]);
    }
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
    size_t bad = 0;
    for (size_t at = skip_ascii(text, 0); at < text.size();) {
        size_t length = sequence_length(text, at, bad);
        if (length == 0) {
            return false;
        }
        at += length;
        if (length == 1) {
            at = skip_ascii(text, at);
        }
    }
    return true;
}

bool append_repaired_utf8(std::string& out, std::string_view text) {
    bool repaired = false;
    size_t run = 0;
    for (size_t at = 0; at < text.size();) {
        size_t bad = 0;
        size_t length = sequence_length(text, at, bad);
        if (length > 0) {
            at += length;
            continue;
        }
        out.append(text, run, at - run);
        out += kReplacementCharacter;
        at += bad;
        run = at;
        repaired = true;
    }
    out.append(text, run, text.size() - run);
    return repaired;
}

std::string_view utf8_prefix_bytes(std::string_view text, size_t bytes) {
    if (text.size() <= bytes) {
        return text;
    }
    while (bytes > 0 && is_continuation(text[bytes])) {
        --bytes;
    }
    return text.substr(0, bytes);
}

std::string_view utf8_prefix_characters(std::string_view text, size_t characters) {
    size_t at = 0;
    for (; at < text.size() && characters > 0; --characters) {
        size_t bad = 0;
        size_t length = sequence_length(text, at, bad);
        at += length > 0 ? length : bad;
    }
    return text.substr(0, at);
}

size_t utf8_length(std::string_view text) {
    size_t count = 0;
    for (size_t at = 0; at < text.size();) {
        size_t bad = 0;
        size_t length = sequence_length(text, at, bad);
        at += length > 0 ? length : bad;
        ++count;
    }
    return count;
}

void append_utf8(std::string& out, uint32_t cp) {
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF)) {
        out += kReplacementCharacter;
    } else if (cp < 0x80) {
        out.push_back(static_cast<char>(cp));
    } else if (cp < 0x800) {
        out.push_back(static_cast<char>(0xC0 | (cp >> 6)));
        out.push_back(static_cast<char>(0x80 | (cp & 0x3F)));
    } else if (cp < 0x10000) {
        out.push_back(static_cast<char>(0xE0 | (cp >> 12)));
        out.push_back(static_cast<char>(0x80 | ((cp >> 6) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (cp & 0x3F)));
    } else {
        out.push_back(static_cast<char>(0xF0 | (cp >> 18)));
        out.push_back(static_cast<char>(0x80 | ((cp >> 12) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | ((cp >> 6) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (cp & 0x3F)));
    }
}

std::string terminal_safe(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t at = 0; at < text.size();) {
        size_t bad = 0;
        size_t length = sequence_length(text, at, bad);
        if (length == 0) {
            for (size_t i = 0; i < bad; ++i) {
                out += "\\x";
                append_hex(out, byte_at(text, at + i), 2);
            }
            at += bad;
            continue;
        }
        uint32_t cp = decode(text.substr(at, length));
        if (cp < 0x20 || cp == 0x7F) {
            out += "\\x";
            append_hex(out, cp, 2);
        } else if ((cp >= 0x80 && cp < 0xA0) || is_bidi_control(cp) || cp == 0x2028 ||
                   cp == 0x2029) {
            out += "\\u{";
            append_hex(out, cp, 4);
            out += "}";
        } else {
            out.append(text, at, length);
        }
        at += length;
    }
    return out;
}

}  // namespace llmtrail
