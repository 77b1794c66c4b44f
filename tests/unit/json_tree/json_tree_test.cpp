#include "json_tree/json_tree.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/limits.h"

using llmtrail::ErrorCode;
using llmtrail::JsonItems;
using llmtrail::JsonMember;
using llmtrail::JsonTree;
using llmtrail::JsonType;
using llmtrail::JsonValue;

TEST_CASE("Values are read by type, and asking for another type gives the empty answer") {
    JsonTree tree;
    auto read =
        tree.read(R"({"i":-5,"u":18446744073709551615,"d":1.5,"w":28.0,"s":"a\u00e9\n","t":true,)"
                  R"("n":null,"a":[1,[2]],"o":{"x":"y"}})",
                  false);
    REQUIRE(read);
    JsonValue root = *read;
    CHECK(root.type() == JsonType::kObject);
    CHECK(root.size() == 9);
    CHECK(root["i"].integer() == -5);
    CHECK(root["i"].real() == -5.0);
    CHECK(root["u"].type() == JsonType::kUnsigned);
    CHECK_FALSE(root["u"].integer());
    CHECK(root["u"].real() == 18446744073709551615.0);
    CHECK_FALSE(root["d"].integer());
    CHECK(root["d"].real() == 1.5);
    CHECK(root["w"].integer() == 28);
    CHECK(root["s"].text() == "a\xC3\xA9\n");
    CHECK_FALSE(root["s"].integer());
    CHECK(root["t"].boolean() == true);
    CHECK_FALSE(root["i"].boolean());
    CHECK(root["n"].is_null());
    CHECK(root["n"].exists());
    CHECK_FALSE(root["missing"].exists());
    CHECK(root["missing"]["deeper"].text().empty());
    CHECK(root["a"].size() == 2);
    CHECK(root["o"]["x"].text() == "y");
    CHECK(root["i"].text().empty());
    CHECK(root["i"].size() == 0);
}

TEST_CASE("Members and items come in the order of the text") {
    JsonTree tree;
    auto read = tree.read(R"({"b":[10,{"q":1},"x",[]],"a":{},"c":2.5})", false);
    REQUIRE(read);
    std::vector<std::string> keys;
    for (JsonMember member : read->members()) {
        keys.emplace_back(member.key);
    }
    CHECK(keys == std::vector<std::string>{"b", "a", "c"});
    std::vector<std::string> items;
    for (JsonValue item : (*read)["b"].items()) {
        items.push_back(item.json());
    }
    CHECK(items == std::vector<std::string>{"10", R"({"q":1})", R"("x")", "[]"});
    for ([[maybe_unused]] JsonValue item : (*read)["c"].items()) {
        FAIL("a number has no items");
    }
    for ([[maybe_unused]] JsonMember member : (*read)["a"].members()) {
        FAIL("an empty object has no members");
    }
}

TEST_CASE("A value is written back as compact JSON") {
    JsonTree tree;
    auto read = tree.read(
        " { \"a\" : [ 1 , -2.5 , true , false , null , { } , [ ] ] , \"\\u0000\" : \"\\\"\\\\\" } ",
        false);
    REQUIRE(read);
    CHECK(read->json() == R"({"a":[1,-2.5,true,false,null,{},[]],"\u0000":"\"\\"})");
    CHECK(JsonValue().json() == "null");
}

TEST_CASE("A padded text is read in place and a byte order mark is skipped") {
    JsonTree tree;
    std::string text = "\xEF\xBB\xBF[1,2]";
    size_t size = text.size();
    text.append(llmtrail::kDocumentPaddingBytes, 'x');
    auto read = tree.read(std::string_view(text).substr(0, size), true);
    REQUIRE(read);
    CHECK(read->size() == 2);
    CHECK(tree.repairs().byte_order_mark);
    CHECK(tree.repairs().any());
}

TEST_CASE("A tree is read again and again, short after long") {
    JsonTree tree;
    std::string text = "[\"" + std::string(6U << 20, 'a') + "\"]";
    for (int i = 0; i < 3; ++i) {
        auto large = tree.read(text, false);
        REQUIRE(large);
        for (JsonValue item : large->items()) {
            CHECK(item.text().size() == 6U << 20);
        }
        auto small = tree.read("{\"k\":1}", false);
        REQUIRE(small);
        CHECK((*small)["k"].integer() == 1);
        CHECK_FALSE(tree.repairs().any());
    }
}

static std::string nested(size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
}

TEST_CASE("Nesting is limited, and bottomless nesting is refused without recursion") {
    JsonTree tree;
    auto deepest = tree.read(nested(llmtrail::kJsonDepthMax), false);
    REQUIRE(deepest);
    CHECK(deepest->json() == nested(llmtrail::kJsonDepthMax));
    for (size_t depth : {llmtrail::kJsonDepthMax + 1, size_t{10'000}, size_t{1'000'000}}) {
        for (bool closed : {true, false}) {
            auto read = tree.read(closed ? nested(depth) : std::string(depth, '['), false);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == ErrorCode::kLimit);
            CHECK(read.error().message == "nested deeper than 128");
        }
    }
    // With something to repair in front, the other reader refuses it.
    auto repaired = tree.read("[NaN," + nested(llmtrail::kJsonDepthMax) + "]", false);
    REQUIRE_FALSE(repaired);
    CHECK(repaired.error().message == "nested deeper than 128");
}

TEST_CASE("A key named twice is found at any depth and in long objects") {
    JsonTree tree;
    auto duplicates = [&](const std::string& text) {
        REQUIRE(tree.read(text, false));
        return tree.has_duplicate_keys();
    };
    CHECK_FALSE(duplicates("{}"));
    CHECK_FALSE(duplicates(R"({"a":1,"b":{"a":1},"c":[{"a":2},{"a":3}]})"));
    CHECK(duplicates(R"({"a":1,"a":2})"));
    CHECK(duplicates(R"({"a":1,"\u0061":2})"));
    CHECK(duplicates(R"([[1,{"x":[{"k":1,"l":2,"k":3}]}]])"));
    CHECK(duplicates(R"({"":1,"":2})"));
    const std::string alike =
        R"({"":1,"a":1,"b":1,"aa":1,"ab":1,"aaa":1,"aaaa":1,"aaaaa":1,"baaaa":1,"xaaaaaaaa":1,"yaaaaaaaa":1)";
    CHECK_FALSE(duplicates(alike + "}"));
    for (std::string key : {"", "b", "ab", "aaa", "aaaa", "baaaa", "yaaaaaaaa"}) {
        CAPTURE(key);
        CHECK(duplicates(alike + ",\"" + key + "\":2}"));
    }
    for (int members : {1, 2, 63, 64, 65, 200}) {
        CAPTURE(members);
        std::string object = "{\"k0\":{}";
        for (int i = 1; i < members; ++i) {
            object += ",\"k" + std::to_string(i) + "\":[]";
        }
        CHECK_FALSE(duplicates(object + "}"));
        CHECK(duplicates(object + ",\"k0\":0}"));
        CHECK(duplicates(object + ",\"k" + std::to_string(members - 1) + "\":0}"));
        CHECK(duplicates(object + R"(,"last":[{"x":1,"x":2}]})"));
    }
    std::string wide = "{";
    for (int i = 0; i < 100'000; ++i) {
        wide += "\"key" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    }
    CHECK_FALSE(duplicates(wide + "\"last\":0}"));
    CHECK(duplicates(wide + "\"key77\":0}"));
    REQUIRE_FALSE(tree.read("{", false));
    CHECK_FALSE(tree.has_duplicate_keys());
}
