#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "platform/posix_file.h"
#include "platform/service_manager.h"

namespace llmtrail {

std::string service_manager_socket() {
    const char* path = std::getenv("NOTIFY_SOCKET");
    return path == nullptr ? "" : path;
}

Result<void> notify_service_manager(std::string_view socket, std::string_view state) {
    if (socket.empty()) {
        return {};
    }
    sockaddr_un address{};
    bool known = socket.front() == '/' || socket.front() == '@';
    if (!known || socket.size() >= sizeof(address.sun_path)) {
        return fail(ErrorCode::kInvalidArgument, "NOTIFY_SOCKET is no address of a socket");
    }
    address.sun_family = AF_UNIX;
    socket.copy(address.sun_path, socket.size());
    if (socket.front() == '@') {
        address.sun_path[0] = '\0';
    }
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
    Descriptor sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!sender) {
        return fail(error_from_errno(errno, "making a socket"));
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the way of sendto(2)
    const auto* to = reinterpret_cast<const sockaddr*>(&address);
    if (sendto(sender.get(), state.data(), state.size(), MSG_NOSIGNAL, to, size) < 0) {
        return fail(error_from_errno(errno, "NOTIFY_SOCKET"));
    }
    return {};
}

}  // namespace llmtrail
