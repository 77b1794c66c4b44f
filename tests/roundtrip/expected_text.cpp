#include "expected_text.h"

#include <cstdint>
#include <cstdio>

#include "code_points.h"

namespace llmtrail::roundtrip {

namespace {

constexpr uint32_t kEllipsis = 0x2026;
constexpr uint32_t kBrokenBar = 0xA6;
constexpr uint32_t kSmallCircumflex = 0x2C6;

// What the reader sees of one character of the input.
struct Shown {
    std::string text;
    size_t characters = 1;
    bool altered = false;
};

Shown shown(const CodePoint& found) {
    Shown as;
    uint32_t value = found.value;
    if (value == '\t') {
        as.text = " ";
    } else if (value == '\n' || value == '\r') {
        as.text = static_cast<char>(value);
    } else if (value < 0x20 || value == 0x7F) {
        append_code_point(as.text, value == 0x7F ? 0x2421 : 0x2400 + value);
        as.altered = true;
    } else if (deceives(value)) {
        char name[16];
        int size = std::snprintf(name, sizeof name, "<U+%04X>", value);
        as.text.assign(name, static_cast<size_t>(size));
        as.characters = as.text.size();
        as.altered = true;
    } else {
        append_code_point(as.text, value);
        as.altered = !found.well_formed;
    }
    return as;
}

// As much of it as `characters_max` allow.
Expected shown_prefix(std::string_view text, size_t characters_max) {
    Expected expected;
    for (size_t at = 0; at < text.size();) {
        CodePoint found = code_point_at(text, at);
        Shown one = shown(found);
        if (one.characters > characters_max) {
            expected.cut = true;
            break;
        }
        characters_max -= one.characters;
        expected.text += one.text;
        expected.altered |= one.altered;
        at += found.well_formed ? found.bytes : 1;  // each byte that is not UTF-8 by itself
    }
    return expected;
}

std::string_view without_blanks(std::string_view text) {
    size_t begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos
               ? std::string_view()
               : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string replaced(const std::string& text, char from, uint32_t to) {
    std::string out;
    for (char c : text) {
        if (c == from) {
            append_code_point(out, to);
        } else {
            out.push_back(c);
        }
    }
    return out;
}

}  // namespace

Expected expected_in_cef(std::string_view text, size_t characters_max, bool preview) {
    text = without_blanks(text);
    Expected expected = shown_prefix(text, characters_max);
    if (expected.cut && preview) {
        expected = shown_prefix(text, characters_max - 1);
        append_code_point(expected.text, kEllipsis);
    } else if (expected.cut) {
        expected.text.resize(expected.text.find_last_not_of(' ') + 1);
    }
    return expected;
}

std::string expected_in_leef(const std::string& in_cef, char separator) {
    std::string text = replaced(replaced(in_cef, '\n', ' '), '\r', ' ');
    text = replaced(text, '|', kBrokenBar);
    return separator == '^' ? replaced(text, '^', kSmallCircumflex) : text;
}

Expected expected_in_json(std::string_view text, size_t characters_max) {
    Expected expected;
    size_t at = 0;
    for (; at < text.size() && characters_max > 0; --characters_max) {
        CodePoint found = code_point_at(text, at);
        append_code_point(expected.text, found.value);
        at += found.bytes;
    }
    expected.cut = at < text.size();
    return expected;
}

}  // namespace llmtrail::roundtrip
