#include "format/visible_json.h"

#include <cstdint>

#include "base/json_text.h"
#include "base/utf8.h"

namespace llmtrail {

namespace {

bool deceives(uint32_t c) {
    return (c >= 0x7F && c <= 0x9F) || c == 0x61C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF ||
           (c >= 0xE0000 && c <= 0xE007F);
}

void append_unit(std::string& out, uint32_t unit) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) {
        out.push_back(kDigits[(unit >> shift) & 0xF]);
    }
}

void append_escape(std::string& out, uint32_t c) {
    if (c < 0x10000) {
        append_unit(out, c);
        return;
    }
    append_unit(out, 0xD800 + ((c - 0x10000) >> 10));
    append_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
}

// The character at `at` when its first byte may begin one that deceives, and its bytes; else 0.
// `text` is UTF-8.
uint32_t suspect(std::string_view text, size_t at, size_t& bytes) {
    auto low = [&](size_t i) { return static_cast<unsigned char>(text[at + i]) & 0x3FU; };
    auto first = static_cast<unsigned char>(text[at]);
    switch (first) {
        case 0x7F:
            bytes = 1;
            return first;
        case 0xC2:
        case 0xD8:
            bytes = 2;
            return (first & 0x1FU) << 6 | low(1);
        case 0xE2:
        case 0xEF:
            bytes = 3;
            return (first & 0x0FU) << 12 | low(1) << 6 | low(2);
        case 0xF3:
            bytes = 4;
            return (first & 0x07U) << 18 | low(1) << 12 | low(2) << 6 | low(3);
        default:
            return 0;
    }
}

}  // namespace

void append_visible_json(std::string& out, std::string_view json) {
    if (!is_valid_utf8(json)) {
        std::string repaired;
        append_repaired_utf8(repaired, json);
        append_visible_json(out, repaired);
        return;
    }
    size_t copied = 0;
    for (size_t at = 0; at < json.size();) {
        size_t bytes = 1;
        uint32_t c = suspect(json, at, bytes);
        if (deceives(c)) {
            out += json.substr(copied, at - copied);
            append_escape(out, c);
            copied = at + bytes;
        }
        at += bytes;
    }
    out += json.substr(copied);
}

void append_visible_json_string(std::string& out, std::string_view text) {
    std::string quoted;
    append_json_string(quoted, text);
    append_visible_json(out, quoted);
}

}  // namespace llmtrail
