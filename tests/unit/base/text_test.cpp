#include <doctest/doctest.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "base/bytes.h"
#include "base/hex.h"
#include "base/json_text.h"
#include "base/utf8.h"

using namespace llmtrail;

TEST_CASE("each maximal invalid subpart becomes one replacement character") {
    std::string out;
    CHECK(append_repaired_utf8(out, "a\xF0\x9F\x98z\xC0\x80\xED\xA0\x80"));
    CHECK(out == "a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(is_valid_utf8(out));
    CHECK_FALSE(is_valid_utf8("plain ascii and then \xFF"));
    CHECK(is_valid_utf8("r\xC3\xA9ponse \xF0\x9F\x91\x8B"));
}

TEST_CASE("a prefix ends on a code point") {
    CHECK(utf8_prefix_bytes("h\xC3\xA9", 2) == "h");
    CHECK(utf8_prefix_characters("h\xC3\xA9llo", 2) == "h\xC3\xA9");
    CHECK(utf8_length("h\xC3\xA9\xFF") == 3);
}

TEST_CASE("nothing reaches a terminal raw") {
    CHECK(terminal_safe("a\x1b[31m\x7f\n") == "a\\x1b[31m\\x7f\\x0a");
    CHECK(terminal_safe("\xE2\x80\xAE"
                        "evil") == "\\u{202e}evil");
    CHECK(terminal_safe("\xC2\x9B") == "\\u{009b}");
    CHECK(terminal_safe("\xFF") == "\\xff");
}

TEST_CASE("base32 and base64 agree with RFC 4648's vectors") {
    CHECK(to_base32("foobar") == "mzxw6ytboi");
    CHECK(to_base64("fooba") == "Zm9vYmE=");
    CHECK(from_base64("Zm9vYmE=") == "fooba");
    CHECK_FALSE(from_base64("Zm9vYmF="));  // bits left over: not canonical
    CHECK_FALSE(from_base64("Zm9v!mE="));
    CHECK(from_hex(to_hex("\x01\xff")) == "\x01\xff");
    CHECK_FALSE(from_hex("0G"));
}

TEST_CASE("a reader never passes its end") {
    Bytes bytes;
    put_varint(bytes, 300);
    put_u16(bytes, 7);
    ByteReader reader(bytes);
    CHECK(reader.varint() == 300);
    CHECK(reader.u16() == 7);
    CHECK(reader.at_end());
    CHECK(reader.u8() == 0);
    CHECK_FALSE(reader.ok());

    ByteReader endless("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    endless.varint();
    CHECK_FALSE(endless.ok());
}

TEST_CASE("a JSON string escapes what RFC 8259 asks for") {
    std::string out;
    append_json_string(out, "a\"b\\c\n\x01\xC3\xA9");
    CHECK(out == "\"a\\\"b\\\\c\\n\\u0001\xC3\xA9\"");
}

TEST_CASE("a JSON string escapes a byte wherever it stands") {
    for (size_t size = 1; size <= 40; ++size) {
        for (size_t at = 0; at < size; ++at) {
            for (char special : {'"', '\\', '\0', '\x1f'}) {
                CAPTURE(size);
                CAPTURE(at);
                std::string text(size, '\x7f');
                text[at] = special;
                bool named = special == '"' || special == '\\';
                std::string escape = named             ? std::string("\\") + special
                                     : special == '\0' ? "\\u0000"
                                                       : "\\u001f";
                std::string plain_before(at, '\x7f');
                std::string plain_after(size - at - 1, '\x7f');
                std::string out;
                append_json_string(out, text);
                CHECK(out == '"' + plain_before + escape + plain_after + '"');
            }
        }
    }
    const std::string high = std::string(20, '\xff') + std::string(20, ' ') + "!#[]";
    std::string out;
    append_json_string(out, high);
    CHECK(out == '"' + high + '"');
}

TEST_CASE("a number is written as its shortest text, as std::to_chars does it") {
    auto expected = [](double value) {
        char text[32];
        return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
    };
    auto written = [](double value) {
        std::string out;
        append_json_number(out, value);
        return out;
    };
    for (double value : {0.0, -0.0, 0.001, 0.0009, 0.1, 0.3, 0.1 + 0.2, 1.0, 1.5, 99999.0,
                         99999.999999, 100000.0, 100001.5, 1e15, 1e300, 5e-324, -0.25, 1.0 / 3}) {
        CHECK(written(value) == expected(value));
    }
    std::mt19937_64 random(7);
    for (int i = 0; i < 20000; ++i) {
        auto whole = static_cast<double>(random() % 1'000'000'000);
        double value = whole / std::pow(10.0, static_cast<double>(random() % 12));
        REQUIRE(written(value) == expected(value));
        REQUIRE(written(std::nextafter(value, 1e9)) == expected(std::nextafter(value, 1e9)));
    }
    CHECK(written(std::numeric_limits<double>::infinity()) == "null");
}
