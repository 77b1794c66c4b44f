#include "format/cef_numbers.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "fakes/fake_random.h"

using namespace llmtrail;

static std::string real_text(double value) {
    char text[kRealBytesMax];
    return {text, put_real(text, value)};
}

// The documented form, from the C library: nine decimals, zeros at the end left out.
static std::string expected_real(double value) {
    char text[64];
    std::string shown(text, static_cast<size_t>(std::snprintf(text, sizeof text, "%.9f", value)));
    while (shown.ends_with('0') && !shown.ends_with(".0")) {
        shown.pop_back();
    }
    return shown == "-0.0" ? "0.0" : shown;
}

static std::string hex_text(ByteView bytes) {
    std::string text(2 * bytes.size(), '\0');
    CHECK(put_hex(text.data(), bytes) == text.data() + text.size());
    return text;
}

TEST_CASE("a real is rounded at the ninth decimal as its exact value is") {
    for (double value : {0.0,        -0.0,        1.0,          -1.0,         0.5,
                         0.1,        0.006881,    1e-9,         4e-10,        5e-10,
                         6e-10,      -4e-10,      0.9999999996, 0.9999999994, 999999.9999999996,
                         123456.789, 1e6,         1e15,         -1e15,        0.0000000005,
                         2.5e-9,     0.0000000015}) {
        CHECK(real_text(value) == expected_real(value));
    }
    FakeRandom random(9);
    for (int round = 0; round < 20000; ++round) {
        double steps = static_cast<double>(random.below(uint64_t{1} << 50));
        double value = std::ldexp(steps, -static_cast<int>(random.below(60)));
        double tie = (std::floor(steps / 1024) + 0.5) / 1e9;
        for (double one : {value, -value, tie, steps / 1e9}) {
            REQUIRE(real_text(one) == expected_real(one));
        }
    }
}

TEST_CASE("integers of both ends fit") {
    char text[kIntegerBytesMax];
    CHECK(std::string(text, put_integer(text, INT64_MIN)) == "-9223372036854775808");
    CHECK(std::string(text, put_unsigned(text, UINT64_MAX)) == "18446744073709551615");
}

TEST_CASE("every byte has its two hexadecimal digits, wherever it stands") {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes.push_back(static_cast<char>(i));
    }
    for (size_t from = 0; from < 40; ++from) {
        std::string expected;
        for (char c : bytes.substr(from)) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(static_cast<uint8_t>(c)));
            expected += two;
        }
        CHECK(hex_text(ByteView(bytes).substr(from)) == expected);
    }
    CHECK(hex_text("") == "");
}
