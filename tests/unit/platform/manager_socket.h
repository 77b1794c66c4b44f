// A service manager as far as a service sees it: a socket that hears messages.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace llmtrail {

// A service manager that has only its socket.
class Manager {
 public:
    Manager() : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        REQUIRE(descriptor_ >= 0);
    }

    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    ~Manager() { ::close(descriptor_); }

    void listen(std::string_view name) const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, name.size());
        auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        const auto* at = reinterpret_cast<const sockaddr*>(&address);
        REQUIRE(::bind(descriptor_, at, size) == 0);
    }

    std::string heard() const {
        std::array<char, 100> message{};
        ssize_t size = ::recv(descriptor_, message.data(), message.size(), 0);
        return size < 0 ? "nothing" : std::string(message.data(), static_cast<size_t>(size));
    }

 private:
    int descriptor_;
};

inline std::string own_name(std::string_view prefix) {
    return std::string(prefix) + "llmtrail-test-" + std::to_string(::getpid());
}

}  // namespace llmtrail
