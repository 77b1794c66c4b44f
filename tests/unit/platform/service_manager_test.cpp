#include "platform/service_manager.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

using namespace llmtrail;

namespace {

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

std::string own_name(std::string_view prefix) {
    return std::string(prefix) + "llmtrail-test-" + std::to_string(::getpid());
}

}  // namespace

TEST_CASE("The service manager hears the state, by path and by abstract name") {
    Manager by_path;
    std::string path = own_name("/tmp/");
    ::unlink(path.c_str());
    by_path.listen(path);
    CHECK(notify_service_manager(path, "READY=1"));
    CHECK(by_path.heard() == "READY=1");
    CHECK(by_path.heard() == "nothing");
    ::unlink(path.c_str());

    Manager by_name;
    by_name.listen(std::string(1, '\0') + own_name(""));
    CHECK(notify_service_manager(own_name("@"), "STOPPING=1\nSTATUS=draining"));
    CHECK(by_name.heard() == "STOPPING=1\nSTATUS=draining");
}

TEST_CASE("Without a service manager nothing is sent; a wrong address is an error and no more") {
    CHECK(notify_service_manager("", "READY=1"));
    CHECK(notify_service_manager(own_name("/tmp/nobody-"), "READY=1").error().code !=
          ErrorCode::kInvalidArgument);
    CHECK(notify_service_manager("relative", "READY=1").error().code ==
          ErrorCode::kInvalidArgument);
    CHECK(notify_service_manager(std::string(108, '/'), "READY=1").error().code ==
          ErrorCode::kInvalidArgument);
}
