#include "platform/network.h"

#include <arpa/inet.h>

#include <charconv>

namespace llmtrail {

static Error not_an_address(std::string_view address) {
    return Error{ErrorCode::kInvalidArgument,
                 "'" + std::string(address) + "' is not host:port or [address]:port", 0};
}

Result<Endpoint> parse_endpoint(std::string_view address) {
    size_t colon = address.rfind(':');
    if (colon == std::string_view::npos) {
        return fail(not_an_address(address));
    }
    std::string_view host = address.substr(0, colon);
    std::string_view port = address.substr(colon + 1);
    bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    bool has_colon = host.find(':') != std::string_view::npos;
    bool odd = host.empty() || host.size() > 253 || has_colon != bracketed ||
               host.find_first_of("[]/ \t\r\n@") != std::string_view::npos;
    uint16_t number = 0;
    auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), number);
    bool port_ok = !port.empty() && failure == std::errc() && end == port.data() + port.size();
    if (odd || !port_ok || (port.size() > 1 && port.front() == '0')) {
        return fail(not_an_address(address));
    }
    return Endpoint{std::string(host), number};
}

bool is_loopback(const Endpoint& endpoint) {
    in_addr v4{};
    in6_addr v6{};
    const char* host = endpoint.host.c_str();
    if (::inet_pton(AF_INET, host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (::inet_pton(AF_INET6, host, &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6);
    }
    return endpoint.host == "localhost";
}

}  // namespace llmtrail
