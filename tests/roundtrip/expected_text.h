// What a reader of an event must see of a text, computed from the rules of docs/outputs.md
// ("Characters", "Length") a second time, code point by code point.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace llmtrail::roundtrip {

struct Expected {
    std::string text;
    bool cut = false;
    bool altered = false;  // an invisible character was made visible, or an invalid byte replaced
};

// A CEF value of at most `characters_max`; a cut preview ends in an ellipsis.
Expected expected_in_cef(std::string_view text, size_t characters_max, bool preview);

// The same under LEEF, whose attributes stand between `separator`.
std::string expected_in_leef(const std::string& in_cef, char separator);

// A JSON string: the text itself, at most `characters_max` of it.
Expected expected_in_json(std::string_view text, size_t characters_max);

}  // namespace llmtrail::roundtrip
