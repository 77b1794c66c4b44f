// RFC 5424 around one event, in one of the two framings of RFC 6587 (octet counting is that of RFC
// 5425 too). Pure. No byte order mark: receivers leave it before MSG, where it hides "CEF:" from
// them.
#pragma once

#include <cstdint>
#include <string>

#include "outputs/output.h"

namespace llmtrail {

class SyslogFramer {
 public:
    // `host_name` goes into the header when RFC 5424 allows it there, else "-".
    SyslogFramer(uint8_t facility, std::string_view host_name, int64_t process_id,
                 bool octet_counting);

    void append_frame(std::string& out, const OutputEvent& event) const;

 private:
    uint8_t facility_;
    bool octet_counting_;
    std::string middle_;  // " HOST llmtrail PROCID "
};

}  // namespace llmtrail
