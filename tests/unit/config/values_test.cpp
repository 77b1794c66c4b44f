#include "config/values.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/nearest_name.h"

using namespace llmtrail;

TEST_CASE("sizes are bytes or binary units, nothing else") {
    CHECK(parse_config_size("0") == 0U);
    CHECK(parse_config_size("8000") == 8000U);
    CHECK(parse_config_size("64KiB") == 65'536U);
    CHECK(parse_config_size("64MiB") == 67'108'864U);
    CHECK(parse_config_size("8GiB") == uint64_t{8} << 30);
    CHECK(parse_config_size("2TiB") == uint64_t{2} << 40);
    for (const char* bad :
         {"", "MiB", "64MB", "64M", "64 MiB", "64mib", "-1", "+1", "1.5GiB", "010", "0x10", "1e3",
          "1_000", "9223372036854775808", "18446744073709551616", "9999999999TiB", "64MiB "}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_config_size(bad).has_value());
    }
}

TEST_CASE("durations have a unit, nothing else") {
    CHECK(parse_config_duration_ms("0s") == 0);
    CHECK(parse_config_duration_ms("200ms") == 200);
    CHECK(parse_config_duration_ms("60s") == 60'000);
    CHECK(parse_config_duration_ms("15min") == 900'000);
    CHECK(parse_config_duration_ms("1h") == 3'600'000);
    CHECK(parse_config_duration_ms("180d") == int64_t{180} * 86'400'000);
    for (const char* bad :
         {"", "s", "60", "1m", "1.5s", "-1s", "01s", "1 s", "1S", "1hour", "999999999999999999d"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_config_duration_ms(bad).has_value());
    }
}

TEST_CASE("booleans are true and false, nothing else") {
    CHECK(parse_config_boolean("true") == true);
    CHECK(parse_config_boolean("false") == false);
    for (const char* bad : {"yes", "no", "on", "off", "True", "TRUE", "1", "0", "y", ""}) {
        CHECK_FALSE(parse_config_boolean(bad).has_value());
    }
}

TEST_CASE("time zones are UTC or an offset") {
    CHECK(parse_config_utc_offset("UTC") == 0);
    CHECK(parse_config_utc_offset("+02:00") == 7200);
    CHECK(parse_config_utc_offset("-05:30") == -19'800);
    CHECK(parse_config_utc_offset("+14:00") == 50'400);
    for (const char* bad :
         {"+14:01", "+2:00", "02:00", "+02:60", "+0200", "Europe/Berlin", "utc", "Z", "+02:00x"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_config_utc_offset(bad).has_value());
    }
}

TEST_CASE("what is described reads back as the same value") {
    for (uint64_t bytes :
         {uint64_t{1}, uint64_t{8000}, uint64_t{65'536}, uint64_t{3} << 30, uint64_t{5} << 40}) {
        CHECK(parse_config_size(describe_size(bytes)) == bytes);
    }
    for (int64_t millis : {int64_t{0}, int64_t{20}, int64_t{1000}, int64_t{1500}, int64_t{900'000},
                           int64_t{86'400'000}}) {
        CHECK(parse_config_duration_ms(describe_duration(millis)) == millis);
    }
    CHECK(describe_size(uint64_t{64} << 20) == "64MiB");
    CHECK(describe_duration(900'000) == "15min");
}

TEST_CASE("ids are short and plain") {
    CHECK(is_config_id("chat-app_2"));
    CHECK(is_config_id(std::string(64, 'a')));
    CHECK_FALSE(is_config_id(std::string(65, 'a')));
    for (const char* bad : {"", "A", "a b", "a/b", "a.b", "\xc3\xa9"}) {
        CHECK_FALSE(is_config_id(bad));
    }
}

TEST_CASE("the edit distance counts inserted, removed, changed and swapped letters") {
    CHECK(edit_distance("paths", "paths") == 0);
    CHECK(edit_distance("path", "paths") == 1);
    CHECK(edit_distance("pahts", "paths") == 1);
    CHECK(edit_distance("paxhs", "paths") == 1);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance(std::string(1000, 'a'), std::string(1000, 'b')) == kNearestNameBytesMax);
}

TEST_CASE("the nearest name is offered only when it is near") {
    std::vector<std::string> names = {"id", "paths", "format"};
    CHECK(nearest_name("pathes", names) == "paths");
    CHECK(nearest_name("iid", names) == "id");
    CHECK(nearest_name("colour", names).empty());
    CHECK(name_hint("colour", names, "known keys") == "known keys: id, paths, format");
}
