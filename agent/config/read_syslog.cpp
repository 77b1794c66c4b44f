#include <sys/un.h>

#include <array>

#include "config/map_reader.h"
#include "config/section_readers.h"

namespace llmtrail {

namespace {

template <typename Value>
using Choice = std::pair<std::string_view, Value>;

constexpr std::array<Choice<SyslogTransport>, 5> kTransports = {{
    {"tls", SyslogTransport::kTls},
    {"tcp", SyslogTransport::kTcp},
    {"relp", SyslogTransport::kRelp},
    {"udp", SyslogTransport::kUdp},
    {"unix", SyslogTransport::kUnix},
}};
constexpr std::array<Choice<Framing>, 2> kFramings = {
    {{"octet", Framing::kOctet}, {"lf", Framing::kLf}}};
// RFC 5424, table 1, under the names of syslog(3); 12 to 15 have none there.
constexpr std::array<Choice<uint8_t>, 20> kFacilities = {{
    {"kern", 0},      {"user", 1},    {"mail", 2},    {"daemon", 3},  {"auth", 4},
    {"syslog", 5},    {"lpr", 6},     {"news", 7},    {"uucp", 8},    {"cron", 9},
    {"authpriv", 10}, {"ftp", 11},    {"local0", 16}, {"local1", 17}, {"local2", 18},
    {"local3", 19},   {"local4", 20}, {"local5", 21}, {"local6", 22}, {"local7", 23},
}};
constexpr size_t kSocketPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

void read_socket_path(MapReader& reader, const ConfigNode& address, OutputSettings& output) {
    reader.absolute_path("address", output.socket_path);
    if (address.scalar.size() > kSocketPathBytesMax) {
        reader.problem(address, "`address` is too long for the path of a socket",
                       "at most " + std::to_string(kSocketPathBytesMax) + " bytes");
    }
}

void read_address(MapReader& reader, OutputSettings& output) {
    bool local = output.transport == SyslogTransport::kUnix;
    const ConfigNode* address = reader.need_scalar(
        "address", local ? "address: /dev/log" : "address: siem.example.com:6514");
    if (address == nullptr) {
        return;
    }
    if (local) {
        read_socket_path(reader, *address, output);
        return;
    }
    auto endpoint = parse_endpoint(address->scalar);
    if (endpoint) {
        output.address = *endpoint;
    } else {
        reader.problem(*address,
                       "`" + address->scalar + "` is no address: " + endpoint.error().message,
                       "write host:port or [IPv6]:port: siem.example.com:6514");
    }
}

}  // namespace

void read_syslog(MapReader& reader, OutputSettings& output, Problems& problems) {
    reader.choice("transport", output.transport, kTransports);
    read_address(reader, output);
    reader.choice("framing", output.framing, kFramings);
    switch (output.transport) {
        case SyslogTransport::kTls:
        case SyslogTransport::kTcp:
            break;
        case SyslogTransport::kRelp:
            reader.misplaced("framing", "RELP frames events itself: remove it");
            output.plain_relp = is_loopback(output.address) && reader.find("tls") == nullptr;
            break;
        case SyslogTransport::kUdp:
            // What is larger than the way takes in one piece is refused, not cut into fragments.
            output.max_event_bytes =
                reader.has("max_event") ? output.max_event_bytes : kMaxEventBytesLeast;
            [[fallthrough]];
        case SyslogTransport::kUnix:
            reader.misplaced("framing", "each event is one message there: remove it");
            break;
    }
    reader.choice("facility", output.facility, kFacilities);
    read_tls(reader, output, problems);
}

}  // namespace llmtrail
