// Real sockets in a folder of their own.
#include "platform/local_listener.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "fakes/temp_directory.h"
#include "platform/resolver.h"
#include "platform/wait.h"

using namespace llmtrail;

namespace {

constexpr int64_t kPatienceMs = 20'000;

class LocalSocket {
 public:
    explicit LocalSocket(const std::string& path) : address_(unix_address(path).value()) {}

    LocalSocket(const LocalSocket&) = delete;
    LocalSocket& operator=(const LocalSocket&) = delete;

    ~LocalSocket() { ::close(fd_); }

    bool connected() const { return ::connect(fd_, raw(), address_.size) == 0; }

    bool bound() const { return ::bind(fd_, raw(), address_.size) == 0; }

    Bytes read() const {
        std::array<char, 100> bytes{};
        ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_WAITALL);
        return {bytes.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))};
    }

 private:
    const sockaddr* raw() const {
        return static_cast<const sockaddr*>(static_cast<const void*>(&address_.storage));
    }

    SocketAddress address_;
    int fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

// What comes back when the listener answers `text` once somebody waits.
Result<Bytes> asked(LocalListener& listener, const std::string& path, const Bytes& text,
                    size_t bytes_max = kLocalAnswerBytesMax) {
    std::thread server([&] {
        WaitEntry entry{listener.descriptor(), StreamWants::kRead, false};
        (void)wait_for({&entry, 1}, kPatienceMs);
        listener.answer(text);
    });
    Result<Bytes> answer = ask_locally(path, bytes_max, kPatienceMs);
    server.join();
    return answer;
}

}  // namespace

TEST_CASE("who connects gets the whole text, each time it may be another") {
    TempDirectory directory;
    std::string path = directory / "status.sock";
    auto listener = listen_locally(path);
    REQUIRE(listener);

    struct stat file {};

    REQUIRE(stat(path.c_str(), &file) == 0);
    CHECK((file.st_mode & 07777) == 0660);
    CHECK(asked(**listener, path, "one").value() == "one");
    Bytes large(kLocalAnswerBytesMax - 1, 'x');
    CHECK(asked(**listener, path, large).value() == large);
    Result<Bytes> too_much = asked(**listener, path, large, 100);
    REQUIRE_FALSE(too_much);
    CHECK(too_much.error().code == ErrorCode::kLimit);
}

TEST_CASE("all who wait get the whole text") {
    TempDirectory directory;
    std::string path = directory / "status.sock";
    auto listener = listen_locally(path);
    REQUIRE(listener);
    LocalSocket first(path);
    LocalSocket second(path);
    REQUIRE(first.connected());
    REQUIRE(second.connected());
    (*listener)->answer("both");
    CHECK(first.read() == "both");
    CHECK(second.read() == "both");
}

TEST_CASE("an agent that listens is left alone, what a killed one left is replaced") {
    TempDirectory directory;
    std::string path = directory / "status.sock";
    REQUIRE(LocalSocket(path).bound());
    REQUIRE(ask_locally(path, 100, kPatienceMs).error().code == ErrorCode::kClosed);
    {
        auto listener = listen_locally(path);
        REQUIRE(listener);
        auto second = listen_locally(path);
        REQUIRE_FALSE(second);
        CHECK(second.error().code == ErrorCode::kBusy);
        (*listener)->answer("the second, which has gone");
        CHECK(asked(**listener, path, "the first").value() == "the first");
    }
    CHECK(ask_locally(path, 100, kPatienceMs).error().code == ErrorCode::kNotFound);
}

TEST_CASE("a file that is no socket is never removed") {
    TempDirectory directory;
    directory.write("identity.key", "a key");
    auto listener = listen_locally(directory / "identity.key");
    REQUIRE_FALSE(listener);
    CHECK(listener.error().code == ErrorCode::kExists);

    struct stat file {};

    CHECK(stat((directory / "identity.key").c_str(), &file) == 0);
}

TEST_CASE("a path that no socket can have is an error that says so") {
    std::string path = "/" + std::string(200, 'x');
    auto listener = listen_locally(path);
    REQUIRE_FALSE(listener);
    CHECK(listener.error().code == ErrorCode::kLimit);
    CHECK(listen_locally("/no/such/folder/status.sock").error().code == ErrorCode::kNotFound);
    CHECK(ask_locally(path, 100, kPatienceMs).error().code == ErrorCode::kLimit);
}
