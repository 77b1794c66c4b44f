// Reads one flat JSON object: name to the JSON text of its value. A name that stands twice, a raw
// control character or anything that is no flat object fails the test.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>

namespace llmtrail {

// Behind the string that begins at `at`.
inline size_t end_of_string(std::string_view json, size_t at) {
    REQUIRE(json.at(at) == '"');
    for (++at; json.at(at) != '"'; ++at) {
        REQUIRE(static_cast<unsigned char>(json.at(at)) >= 0x20);
        at += json.at(at) == '\\' ? 1U : 0U;
    }
    return at + 1;
}

inline std::map<std::string, std::string> read_flat_json(std::string_view json) {
    std::map<std::string, std::string> members;
    REQUIRE(json.front() == '{');
    for (size_t at = 1; json.at(at) != '}';) {
        size_t name_end = end_of_string(json, at);
        REQUIRE(json.at(name_end) == ':');
        size_t value = name_end + 1;
        size_t value_end =
            json.at(value) == '"' ? end_of_string(json, value) : json.find_first_of(",}", value);
        bool added = members
                         .emplace(json.substr(at + 1, name_end - at - 2),
                                  json.substr(value, value_end - value))
                         .second;
        CHECK_MESSAGE(added, "twice: ", json.substr(at, name_end - at));
        at = value_end + (json.at(value_end) == ',' ? 1U : 0U);
    }
    CHECK(json.back() == '}');
    return members;
}

}  // namespace llmtrail
