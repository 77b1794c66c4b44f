#include "base/json_text.h"

#include <charconv>
#include <cmath>

namespace llmtrail {

static bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

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
    for (size_t i = 0; i < text.size(); ++i) {
        if (needs_escape(text[i])) {
            out.append(text, run, i - run);
            append_escape(out, text[i]);
            run = i + 1;
        }
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

void append_json_integer(std::string& out, int64_t value) { append_number(out, value); }

void append_json_unsigned(std::string& out, uint64_t value) { append_number(out, value); }

void append_json_number(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    append_number(out, value);
}

}  // namespace llmtrail
