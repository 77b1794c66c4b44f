// RFC 5424 around one event, alone or in one of the two framings of RFC 6587 (octet counting is
// that of RFC 5425 too). Pure. No byte order mark: receivers leave it before MSG, where it hides
// "CEF:" from them.
#pragma once

#include <cstdint>
#include <string>

#include "outputs/output.h"

namespace llmtrail {

enum class SyslogFraming : uint8_t {
    kOctetCounting,
    kLine,  // one event a line
    kNone,  // the message alone: what carries it keeps its ends
};

class SyslogFramer {
 public:
    // `host_name` goes into the header when RFC 5424 allows it there, else "-".
    SyslogFramer(uint8_t facility, std::string_view host_name, int64_t process_id);

    void append_frame(std::string& out, const OutputEvent& event, SyslogFraming framing) const;

 private:
    uint8_t facility_;
    std::string middle_;  // " HOST llmtrail PROCID "
};

}  // namespace llmtrail
