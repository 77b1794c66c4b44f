// A reader of LEEF written from IBM's rules, apart from the formatter: splits the header at '|' and
// the attributes at tabs (1.0) or '^' (2.0) and the first '='.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace llmtrail {

struct LeefEvent {
    std::string event_id;
    std::map<std::string, std::string> attributes;
    std::string problem;  // "" when sound
};

LeefEvent read_leef(std::string_view event);

}  // namespace llmtrail
