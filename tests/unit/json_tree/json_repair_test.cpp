#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "json_tree/json_tree.h"

using llmtrail::ErrorCode;
using llmtrail::JsonRepairs;
using llmtrail::JsonTree;

namespace {

struct Repaired {
    std::string text;
    std::string becomes;
    bool JsonRepairs::*flag;
};

struct Refused {
    std::string text;
    std::string message;
};

}  // namespace

TEST_CASE("What logs contain and JSON forbids is repaired and said") {
    const std::vector<Repaired> table = {
        {"{\"a\":\"x\xFFy\"}", "{\"a\":\"x\xEF\xBF\xBDy\"}", &JsonRepairs::invalid_utf8},
        {"{\"\xC3\":1}", "{\"\xEF\xBF\xBD\":1}", &JsonRepairs::invalid_utf8},
        {"[\"\xED\xA0\x80\"]", "[\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"]",
         &JsonRepairs::invalid_utf8},
        {R"(["\ud800"])", "[\"\xEF\xBF\xBD\"]", &JsonRepairs::lone_surrogate},
        {R"(["\udc00x"])", "[\"\xEF\xBF\xBDx\"]", &JsonRepairs::lone_surrogate},
        {R"(["\ud83d\u0041"])",
         "[\"\xEF\xBF\xBD"
         "A\"]",
         &JsonRepairs::lone_surrogate},
        {R"(["\ud83d\ud83d\ude00"])", "[\"\xEF\xBF\xBD\xF0\x9F\x98\x80\"]",
         &JsonRepairs::lone_surrogate},
        {R"({"\udbff":1})", "{\"\xEF\xBF\xBD\":1}", &JsonRepairs::lone_surrogate},
        {"[\"a\nb\tc\"]", R"(["a\nb\tc"])", &JsonRepairs::control_character},
        {std::string("[\"a\0b\"]", 7), R"(["a\u0000b"])", &JsonRepairs::control_character},
        {"[NaN]", R"(["NaN"])", &JsonRepairs::non_finite_number},
        {R"({"a":Infinity,"b":-Infinity})", R"({"a":"Infinity","b":"-Infinity"})",
         &JsonRepairs::non_finite_number},
        {"[1e999]", R"(["1e999"])", &JsonRepairs::huge_number},
        {"[-1.5E+400, 7]", R"(["-1.5E+400",7])", &JsonRepairs::huge_number},
        {"[123456789012345678901234567890]", R"(["123456789012345678901234567890"])",
         &JsonRepairs::huge_number},
        {"[-9223372036854775809]", R"(["-9223372036854775809"])", &JsonRepairs::huge_number},
        {"[1e99999999999999999999]", R"(["1e99999999999999999999"])", &JsonRepairs::huge_number},
        {"NaN", R"("NaN")", &JsonRepairs::non_finite_number},
    };
    JsonTree tree;
    for (const Repaired& row : table) {
        CAPTURE(row.text);
        auto read = tree.read(row.text, false);
        REQUIRE(read);
        CHECK(read->json() == row.becomes);
        CHECK(tree.repairs().*row.flag);
    }
}

TEST_CASE("A repair leaves alone what was right") {
    JsonTree tree;
    auto read = tree.read(
        "{\"nan\":\"NaN\",\"n\":[NaN,0.1,-0.0,1e-999,12E3,9223372036854775807,18446744073709551615]"
        ","
        "\"s\":\"\\ud83d\\ude00 \xC3\xA9 \\\\ud800 \\\"NaN\\\" \\/ \\b\\f\\n\\r\\t \\u0041\","
        "\"l\":[true,false,null,{},[]]}",
        false);
    REQUIRE(read);
    CHECK(
        read->json() ==
        "{\"nan\":\"NaN\",\"n\":[\"NaN\",0.1,-0,0,12000,9223372036854775807,18446744073709551615],"
        "\"s\":\"\xF0\x9F\x98\x80 \xC3\xA9 \\\\ud800 \\\"NaN\\\" / \\u0008\\u000c\\n\\r\\t A\","
        "\"l\":[true,false,null,{},[]]}");
    CHECK(tree.repairs().non_finite_number);
    CHECK_FALSE(tree.repairs().lone_surrogate);
    CHECK_FALSE(tree.repairs().invalid_utf8);
    CHECK_FALSE(tree.repairs().huge_number);
}

TEST_CASE("What is no JSON is refused in words") {
    const std::vector<Refused> table = {
        {"", "empty"},
        {"\xEF\xBB\xBF", "empty"},
        {" \n\t", "only white space"},
        {"hello", "unexpected text at byte 0"},
        {R"({"a":1)", "ends inside an object"},
        {R"({"a")", "ends inside an object"},
        {"[1,", "ends inside an array"},
        {R"({"a":"b)", "ends inside a string"},
        {R"({"a":"b\)", "ends inside a string"},
        {R"({"a":"b\u12)", "ends inside a string"},
        {R"(["\x41"])", "unknown escape at byte 2"},
        {R"(["\u12G4"])", "unknown escape at byte 2"},
        {"{}{}", "more text after its end, at byte 2"},
        {"{} x", "more text after its end, at byte 3"},
        {R"({"a":1,})", "unexpected text at byte 7"},
        {"[1,]", "unexpected text at byte 3"},
        {"[1}", "unexpected text at byte 2"},
        {"{'a':1}", "unexpected text at byte 1"},
        {"[01]", "unexpected text at byte 2"},
        {"[+1]", "unexpected text at byte 1"},
        {"[.5]", "unexpected text at byte 1"},
        {"[1.]", "unexpected text at byte 1"},
        {"[truex]", "unexpected text at byte 5"},
        {"[None]", "unexpected text at byte 1"},
        {"]", "unexpected text at byte 0"},
        {std::string("[1]\0", 4), "more text after its end, at byte 3"},
        {"[1,\xFF]", "unexpected text at byte 3"},
    };
    JsonTree tree;
    for (const Refused& row : table) {
        CAPTURE(row.text);
        auto read = tree.read(row.text, false);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == ErrorCode::kCorrupt);
        CHECK(read.error().message == row.message);
    }
}

TEST_CASE("A repaired document of many megabytes is read") {
    std::string text = "[";
    for (int i = 0; i < 300'000; ++i) {
        text += "\"\xFF\\ud800\n\",NaN,1e999,";
    }
    text += "1]";
    JsonTree tree;
    auto read = tree.read(text, false);
    REQUIRE(read);
    CHECK(read->size() == 900'001);
}

TEST_CASE("The head of a longer document is read, closed where it was cut") {
    const std::vector<std::pair<std::string, std::string>> table = {
        {R"({"a":"b)", R"({"a":"b"})"},
        {R"({"a":"b\)", R"({"a":"b"})"},
        {R"({"a":"b\u00)", R"({"a":"b"})"},
        {"{\"a\":\"b\xC3", R"({"a":"b"})"},
        {"{\"a\":\"b\xF0\x9F\x98", R"({"a":"b"})"},
        {R"({"a":[1,{"b":12)", R"({"a":[1,{"b":null}]})"},
        {R"({"a":[1,)", R"({"a":[1,null]})"},
        {R"({"a":tr)", R"({"a":null})"},
        {R"({"a":-Infinit)", R"({"a":null})"},
        {R"({"a":true)", R"({"a":true})"},
        {R"({"a)", R"({"a":null})"},
        {R"({"a")", R"({"a":null})"},
        {R"({"a":)", R"({"a":null})"},
        {R"({"a":1,)", R"({"a":1,"":null})"},
        {R"({)", R"({})"},
        {R"([)", R"([])"},
        {R"({"a":1})", R"({"a":1})"},
    };
    JsonTree tree;
    for (const auto& [head, becomes] : table) {
        CAPTURE(head);
        auto read = tree.read_head(head);
        REQUIRE(read);
        CHECK(read->json() == becomes);
        CHECK_FALSE(tree.repairs().any());
    }
    CHECK_FALSE(tree.read_head(""));
    CHECK_FALSE(tree.read_head("{\"a\":xyzxyzxyzxyz"));
    CHECK_FALSE(tree.read_head("{}{"));
    CHECK_FALSE(tree.read_head(std::string(1000, '[')));
}
