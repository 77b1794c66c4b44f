// Readers of RFC 5424 messages and of the two framings of RFC 6587, as strict as the grammars.
// Written from the RFCs; they share no code with the program. Views into what was given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace llmtrail::roundtrip {

struct Messages {
    std::vector<std::string_view> texts;
    std::string problem;  // "" when the stream is sound to its last byte
};

Messages split_counted(std::string_view stream);  // MSG-LEN SP SYSLOG-MSG
Messages split_lines(std::string_view stream);    // SYSLOG-MSG LF

struct SyslogMessage {
    std::string_view message_id;
    std::string_view text;  // MSG
    std::string problem;    // "" when sound
};

SyslogMessage read_syslog(std::string_view message);

}  // namespace llmtrail::roundtrip
