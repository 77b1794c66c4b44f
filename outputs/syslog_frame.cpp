#include "outputs/syslog_frame.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/time.h"

namespace llmtrail {

namespace {

constexpr size_t kHostNameBytesMax = 255;
constexpr uint8_t kFacilityMax = 23;

std::string_view header_host(std::string_view name) {
    bool printable =
        std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F; });
    return name.empty() || name.size() > kHostNameBytesMax || !printable ? "-" : name;
}

void append_number(std::string& out, uint64_t value) {
    std::array<char, 24> text;
    char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), static_cast<size_t>(end - text.data()));
}

size_t digits(uint64_t value) {
    size_t count = 1;
    while (value >= 10) {
        value /= 10;
        ++count;
    }
    return count;
}

}  // namespace

SyslogFramer::SyslogFramer(uint8_t facility, std::string_view host_name, int64_t process_id)
    : facility_(std::min(facility, kFacilityMax)) {
    middle_ = " ";
    middle_ += header_host(host_name);
    middle_ += " llmtrail ";
    middle_ += process_id > 0 ? std::to_string(process_id) : "-";
    middle_ += " ";
}

void SyslogFramer::append_frame(std::string& out, const OutputEvent& event,
                                SyslogFraming framing) const {
    // The time of the event, not of sending: some receivers know no other.
    std::string stamp = format_iso_millis(UnixNanos{event.event_time_ns});
    uint64_t priority = uint64_t{facility_} * 8 + std::min<uint8_t>(event.syslog_severity, 7);
    size_t size = 1 + digits(priority) + 3 + stamp.size() + middle_.size() +
                  digits(event.event_class) + 3 + event.text.size();
    if (framing == SyslogFraming::kOctetCounting) {
        append_number(out, size);
        out.push_back(' ');
    }
    out.push_back('<');
    append_number(out, priority);
    out += ">1 ";
    out += stamp;
    out += middle_;
    append_number(out, event.event_class);
    out += " - ";
    size_t text_begin = out.size();
    out += event.text;
    if (framing == SyslogFraming::kLine) {
        // A formatter writes no line end; if one did, it must not begin a second message.
        std::replace(out.begin() + static_cast<std::ptrdiff_t>(text_begin), out.end(), '\n', ' ');
        out.push_back('\n');
    }
}

}  // namespace llmtrail
