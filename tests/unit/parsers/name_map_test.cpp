#include "parsers/name_map.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "parsers/event_words.h"

using namespace llmtrail;

namespace {

std::string normalized_bytewise(std::string_view key) {
    std::string normal;
    for (char c : key) {
        if (std::string_view("_-. ").find(c) == std::string_view::npos) {
            normal.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c);
        }
    }
    return normal.size() <= NameWords::kBytesMax && key.size() <= 64 ? normal : std::string();
}

}  // namespace

TEST_CASE("A normalized key is the key byte by byte, whatever stands in it") {
    std::mt19937 random(1);
    const std::string_view bytes("aZzA__-- ..@[`{\0\xC3\xFF", 19);
    for (int round = 0; round < 20'000; ++round) {
        std::string key(random() % 40, ' ');
        for (char& c : key) {
            c = bytes[random() % bytes.size()];
        }
        CAPTURE(key);
        NormalizedKey normal(key);
        REQUIRE(normal.text() == normalized_bytewise(key));
        REQUIRE(normal == normalized_bytewise(key));
        REQUIRE(normal.name() == NameWords::of(normal.text()));
    }
    CHECK(NormalizedKey(std::string(24, 'K')).text() == std::string(24, 'k'));
    CHECK(NormalizedKey(std::string(25, 'k')).text().empty());
    CHECK(NormalizedKey("a" + std::string(63, '_')).text() == "a");
    CHECK(NormalizedKey("a" + std::string(64, '_')).text().empty());
}

TEST_CASE("A map of names knows each name in its scope and no other") {
    NameMap<int, 64> map;
    map.add("id userid", 1, 0);
    map.add("id", 2, 1);
    REQUIRE(map.is_sound());
    REQUIRE(map.find(NormalizedKey("USER_ID")) != nullptr);
    CHECK(*map.find(NormalizedKey("user-id")) == 1);
    CHECK(*map.find(NormalizedKey("id"), 1) == 2);
    for (std::string_view other : {"", "i", "ids", "useri", "id userid", "user"}) {
        CAPTURE(other);
        CHECK(map.find(NormalizedKey(other)) == nullptr);
    }
    CHECK(map.find(NormalizedKey(std::string_view("id\0", 3))) == nullptr);
    CHECK(map.find(NormalizedKey("userid"), 1) == nullptr);
    CHECK(map.find(NormalizedKey("id"), 2) == nullptr);
}

TEST_CASE("A map with a name twice, too long or with too little room is not sound") {
    NameMap<int, 64> twice;
    twice.add("a b a", 1);
    CHECK_FALSE(twice.is_sound());
    NameMap<int, 64> too_long;
    too_long.add("abcdefghijklmnopqrstuvwxy", 1);
    CHECK_FALSE(too_long.is_sound());
    NameMap<int, 16> full;
    full.add("a b c d", 1);
    CHECK(full.is_sound());
    full.add("e", 1);
    CHECK_FALSE(full.is_sound());
}

TEST_CASE("The words of an event's name say its kind, the uppermost of the table first") {
    struct Row {
        std::string_view name;
        std::string_view kind;
    };

    const Row table[] = {
        {"llm.settings_change", "config_change"},
        {"tool_call", "tool"},
        {"error.tool", "tool"},
        {"ToolError", "tool"},
        {"UserFeedback", "feedback"},
        {"LOGIN", "access"},
        {"user-logged-in", ""},
        {"retrieval", "retrieval"},
        {"chat.completion", "inference"},
        {"blogin", ""},
        {"stool", ""},
        {"9tool", "tool"},
        {"", ""},
        {"t", ""},
        {"too", ""},
        {"prompt.edited", "edit"},
    };
    for (const Row& row : table) {
        CAPTURE(row.name);
        CHECK(kind_by_words(row.name) == row.kind);
    }
    CHECK(says_blocked("llm.blocked"));
    CHECK(says_blocked("requestBlocked"));
    CHECK_FALSE(says_blocked("unblocked"));
    CHECK_FALSE(says_blocked("bloc"));
    CHECK_FALSE(says_blocked(std::string(256, '.') + "block"));
}
