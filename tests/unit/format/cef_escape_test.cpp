#include "format/cef_escape.h"

#include <doctest/doctest.h>

#include "base/utf8.h"

using namespace llmtrail;

static std::string escaped(std::string_view text, size_t characters_max = 1023,
                           size_t bytes_max = static_cast<size_t>(-1), bool ellipsis = false) {
    CefBuffer out;
    out.append("k=");
    CefValueLimits limits;
    limits.characters_max = characters_max;
    limits.bytes_max = bytes_max;
    limits.ellipsis = ellipsis;
    append_cef_value(out, text, limits);
    return std::string(out.view().substr(2));
}

static bool alters(std::string_view text) {
    CefBuffer out;
    return append_cef_value(out, text, {}).altered;
}

TEST_CASE("backslash, equals sign and line ends are escaped, a pipe is not") {
    CHECK(escaped("a\\=b") == "a\\\\\\=b");
    CHECK(escaped("a|b") == "a|b");
    CHECK(escaped("a\nb\rc\r\nd") == "a\\nb\\rc\\r\\nd");
    CHECK(escaped("cs1=evil act=allowed") == "cs1\\=evil act\\=allowed");
    CHECK(escaped("CEF:0|a|b|c|1|n|10|act=x") == "CEF:0|a|b|c|1|n|10|act\\=x");
    CHECK(escaped("0123456789abcdef=0123456789abcdef\\") ==
          "0123456789abcdef\\=0123456789abcdef\\\\");
}

TEST_CASE("what cannot be seen is made visible, and that is said") {
    CHECK(escaped(std::string_view("a\0b", 3)) ==
          "a\xE2\x90\x80"
          "b");
    CHECK(escaped("\x1B[31m") == "\xE2\x90\x9B[31m");
    CHECK(escaped("\x7F") == "\xE2\x90\xA1");
    CHECK(escaped("a\xC2\x85z") == "a<U+0085>z");
    CHECK(escaped("a\xE2\x80\xA8z") == "a<U+2028>z");
    CHECK(escaped("a\xE2\x80\xAEz") == "a<U+202E>z");
    CHECK(escaped("a\xF3\xA0\x81\xA9z") == "a<U+E0069>z");
    CHECK(escaped("a\tb") == "a b");
    CHECK_FALSE(alters("plain \t\n= \xC3\xA9"));
    CHECK(alters("\x01"));
    CHECK(alters("\xE2\x80\xAE"));
}

TEST_CASE("the invisible characters are exactly those documented") {
    const std::pair<uint32_t, uint32_t> kHidden[] = {
        {0x80, 0x9F},     {0x61C, 0x61C},   {0x200E, 0x200F},  {0x2028, 0x202E},
        {0x2066, 0x2069}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F}};
    for (const auto& [first, last] : kHidden) {
        for (uint32_t cp : {first - 1, first, last, last + 1}) {
            if (cp == 0x7F) {
                continue;
            }
            std::string text = "a";
            append_utf8(text, cp);
            text += "z";
            bool hidden = cp >= first && cp <= last;
            CHECK_MESSAGE((escaped(text) != text) == hidden, cp);
            CHECK_MESSAGE(alters(text) == hidden, cp);
        }
    }
}

TEST_CASE("bytes that are not UTF-8 are replaced one by one") {
    CHECK(escaped("a\xFFz") == "a\xEF\xBF\xBDz");
    CHECK(escaped("a\xC3") == "a\xEF\xBF\xBD");
    CHECK(escaped("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(escaped("\xC0\xAF") == "\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(alters("\x80"));
}

TEST_CASE("values are trimmed before and after they are cut") {
    CHECK(escaped("  a b \t ") == "a b");
    CHECK(escaped(" \t ") == "");
    CHECK(escaped("abc def", 4) == "abc");
}

TEST_CASE("a cut never splits a code point or an escape") {
    CHECK(escaped("ab\xF0\x9F\x98\x80z", 3) == "ab\xF0\x9F\x98\x80");
    CHECK(escaped("ab\xF0\x9F\x98\x80z", 1023, 5) == "ab");
    CHECK(escaped("ab\xF0\x9F\x98\x80z", 1023, 6) == "ab\xF0\x9F\x98\x80");
    CHECK(escaped("ab=z", 1023, 3) == "ab");
    CHECK(escaped("ab=z", 1023, 4) == "ab\\=");
    CHECK(escaped("ab\xE2\x80\xAEz", 1023, 9) == "ab");
}

TEST_CASE("an ellipsis marks a cut and stays within both limits") {
    CHECK(escaped("abcdef", 5, 100, true) == "abcd\xE2\x80\xA6");
    CHECK(escaped("abcde", 5, 100, true) == "abcde");
    CHECK(escaped("abcdefgh", 100, 7, true) == "abcd\xE2\x80\xA6");
    CHECK(escaped("abcdef", 1, 100, true) == "a");
}

TEST_CASE("a value that fits only where the ellipsis would stand is whole") {
    CHECK(escaped("abc=", 4, 100, true) == "abc\\=");
    CHECK(escaped("abcdef", 100, 6, true) == "abcdef");
    CHECK(escaped("abcdefg", 100, 6, true) == "abc\xE2\x80\xA6");
    CHECK(escaped("ab\xE2\x80\xAE", 10, 100, true) == "ab<U+202E>");
    CHECK(escaped("ab\xE2\x80\xAEz", 10, 100, true) == "ab\xE2\x80\xA6");
}

TEST_CASE("a character that needs an escape is found at every place") {
    for (size_t before = 0; before < 40; ++before) {
        for (size_t after = 0; after < 40; ++after) {
            std::string front(before, 'a');
            std::string back(after, 'b');
            CHECK(escaped(front + "=" + back) == front + "\\=" + back);
            CHECK(escaped(front + "\xC3\xA9" + back) == front + "\xC3\xA9" + back);
            CHECK(escaped(front + "c" + back, before + 1) == front + "c");
        }
    }
}
