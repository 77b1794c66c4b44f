// A strict reader of one flat JSON object, written from RFC 8259: no raw control character, no lone
// surrogate, no name twice, nothing after it. Shares no code with the program.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace llmtrail::roundtrip {

struct JsonEvent {
    std::map<std::string, std::string> members;  // strings unescaped, other values as written
    std::string problem;                         // "" when sound
};

JsonEvent read_json(std::string_view text);

}  // namespace llmtrail::roundtrip
