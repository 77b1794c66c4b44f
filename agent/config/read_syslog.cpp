#include <sys/un.h>

#include "config/choices.h"
#include "config/map_reader.h"
#include "config/section_readers.h"

namespace llmtrail {

namespace {

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
    reader.choice("transport", output.transport, kTransportChoices);
    read_address(reader, output);
    reader.choice("framing", output.framing, kFramingChoices);
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
    reader.choice("facility", output.facility, kFacilityChoices);
    read_tls(reader, output, problems);
}

}  // namespace llmtrail
