#include "platform/network.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fakes/temp_directory.h"
#include "platform/posix.h"

using namespace llmtrail;

namespace {

// A listener on an ephemeral loopback port that accepts one connection by hand.
class Listener {
 public:
    explicit Listener(int backlog = 4) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address));
        REQUIRE(::bind(listener_, raw, sizeof address) == 0);
        REQUIRE(::listen(listener_, backlog) == 0);
        socklen_t size = sizeof address;
        REQUIRE(::getsockname(listener_, raw, &size) == 0);
        port_ = ntohs(address.sin_port);
    }

    ~Listener() {
        close_peer();
        close_listener();
    }

    void accept() { peer_ = ::accept(listener_, nullptr, nullptr); }

    void close_peer() {
        if (peer_ >= 0) {
            ::close(std::exchange(peer_, -1));
        }
    }

    void close_listener() {
        if (listener_ >= 0) {
            ::close(std::exchange(listener_, -1));
        }
    }

    void reset_peer() {
        linger now{1, 0};
        ::setsockopt(peer_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close_peer();
    }

    int peer() const { return peer_; }

    Endpoint endpoint(const char* host = "127.0.0.1") const { return {host, port_}; }

 private:
    int listener_;
    int peer_ = -1;
    uint16_t port_ = 0;
};

// Calls until it says something else than kWouldBlock, waiting as the deliver thread would.
template <typename Call>
auto until_done(Stream& stream, Call call) {
    for (;;) {
        auto result = call();
        if (result || result.error().code != ErrorCode::kWouldBlock) {
            return result;
        }
        short events = stream.wants() == StreamWants::kWrite ? POLLOUT : POLLIN;
        pollfd entry{stream.descriptor(), events, 0};
        ::poll(&entry, 1, stream.descriptor() < 0 ? 10 : 10'000);
    }
}

Result<void> establish(Stream& stream) {
    return until_done(stream, [&] { return stream.establish(); });
}

}  // namespace

TEST_CASE("an endpoint is host:port or [address]:port and nothing else") {
    Result<Endpoint> name = parse_endpoint("siem.example.com:6514");
    REQUIRE(name);
    CHECK(name->host == "siem.example.com");
    CHECK(name->port == 6514);
    Result<Endpoint> v6 = parse_endpoint("[2001:db8::1]:0");
    REQUIRE(v6);
    CHECK(v6->host == "2001:db8::1");
    CHECK(v6->port == 0);
    for (const char* bad :
         {"", ":", "host", "host:", ":1", "host:65536", "host:-1", "host:1x", "host: 1", "host:01",
          "2001:db8::1:514", "[]:1", "[host]:1", "h\nst:1", "user@host:1", "[::1:1", "::1]:1"}) {
        Result<Endpoint> refused = parse_endpoint(bad);
        CHECK_MESSAGE(!refused, bad);
        CHECK(refused.error().code == ErrorCode::kInvalidArgument);
    }
}

TEST_CASE("bytes go both ways over TCP, and what the peer's kernel took is known") {
    Listener listener;
    auto network = make_posix_network();
    auto stream = network->connect_tcp(listener.endpoint());
    REQUIRE(stream);
    REQUIRE(establish(**stream));
    listener.accept();
    REQUIRE((*stream)->write("hello") == size_t{5});
    char text[16];
    CHECK(::recv(listener.peer(), text, sizeof text, 0) == 5);
    Result<size_t> left = until_done(**stream, [&]() -> Result<size_t> {
        Result<size_t> bytes = (*stream)->unacknowledged_bytes();
        return bytes && *bytes > 0 ? Result<size_t>(fail(ErrorCode::kWouldBlock, "")) : bytes;
    });
    CHECK(*left == 0);
    Result<size_t> nothing = (*stream)->read(text, sizeof text);
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error().code == ErrorCode::kWouldBlock);
    REQUIRE(::send(listener.peer(), "abc", 3, 0) == 3);
    CHECK(until_done(**stream, [&] { return (*stream)->read(text, sizeof text); }) == size_t{3});
}

TEST_CASE(
    "a peer that does not read leaves bytes unacknowledged, and writing blocks instead of "
    "growing") {
    Listener listener;
    auto network = make_posix_network();
    auto stream = network->connect_tcp(listener.endpoint());
    REQUIRE(stream);
    REQUIRE(establish(**stream));
    listener.accept();
    std::string block(1 << 20, 'x');
    size_t written = 0;
    Result<size_t> taken = (*stream)->write(block);
    for (int i = 0; i < 1000 && taken; ++i) {
        written += *taken;
        taken = (*stream)->write(block);
    }
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == ErrorCode::kWouldBlock);
    CHECK((*stream)->wants() == StreamWants::kWrite);
    Result<size_t> left = (*stream)->unacknowledged_bytes();
    REQUIRE(left);
    CHECK(*left > 0);
    CHECK(*left <= written);
}

TEST_CASE("a farewell is told from a reset") {
    Listener listener;
    auto network = make_posix_network();
    char text[16];
    auto closed = network->connect_tcp(listener.endpoint());
    REQUIRE(closed);
    REQUIRE(establish(**closed));
    listener.accept();
    listener.close_peer();
    Result<size_t> end = until_done(**closed, [&] { return (*closed)->read(text, sizeof text); });
    REQUIRE_FALSE(end);
    CHECK(end.error().code == ErrorCode::kClosed);

    auto reset = network->connect_tcp(listener.endpoint());
    REQUIRE(reset);
    REQUIRE(establish(**reset));
    listener.accept();
    listener.reset_peer();
    end = until_done(**reset, [&] { return (*reset)->read(text, sizeof text); });
    REQUIRE_FALSE(end);
    CHECK(end.error().code == ErrorCode::kNetwork);
    Result<size_t> write = (*reset)->write("x");  // must not raise SIGPIPE either
    CHECK_FALSE(write);
}

TEST_CASE("a refused connection says who was asked, and is worth another try") {
    Listener listener;
    Endpoint endpoint = listener.endpoint();
    listener.close_listener();
    auto network = make_posix_network();
    auto stream = network->connect_tcp(endpoint);
    REQUIRE(stream);
    Result<void> up = establish(**stream);
    REQUIRE_FALSE(up);
    CHECK(error_class(up.error().code) == ErrorClass::kRetry);
    CHECK(up.error().message ==
          "connecting to 127.0.0.1:" + std::to_string(endpoint.port) + ": Connection refused");
}

TEST_CASE("a name is resolved without blocking, and each of its addresses is tried") {
    // localhost may be ::1 first, where nobody listens.
    Listener listener;
    auto network = make_posix_network();
    auto stream = network->connect_tcp(listener.endpoint("localhost"));
    REQUIRE(stream);
    CHECK(establish(**stream));
}

TEST_CASE("a name that does not exist is an error of the network") {
    auto network = make_posix_network();
    auto stream = network->connect_tcp({"no-such-host.invalid", 1});
    REQUIRE(stream);
    Result<void> up = establish(**stream);
    REQUIRE_FALSE(up);
    CHECK(up.error().code == ErrorCode::kNetwork);
    CHECK(up.error().message.starts_with("resolving no-such-host.invalid: "));
}

TEST_CASE("a stream may go while its name is still being resolved") {
    auto network = make_posix_network();
    auto stream = network->connect_tcp({"no-such-host.invalid", 1});
    REQUIRE(stream);
    stream->reset();
    network.reset();
}

namespace {

// A Unix socket of the test's own.
class LocalSocket {
 public:
    LocalSocket(const TempDirectory& directory, int type)
        : path_(directory.path() + "/log"), socket_(::socket(AF_UNIX, type, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address));
        REQUIRE(::bind(socket_, raw, sizeof address) == 0);
        if (type == SOCK_STREAM) {
            REQUIRE(::listen(socket_, 4) == 0);
        }
    }

    ~LocalSocket() { close(); }

    void close() {
        if (socket_ >= 0) {
            ::close(std::exchange(socket_, -1));
        }
    }

    std::string receive() const {
        char text[256];
        ssize_t got = ::recv(socket_, text, sizeof text, MSG_DONTWAIT);
        return got < 0 ? "" : std::string(text, static_cast<size_t>(got));
    }

    const std::string& path() const { return path_; }

    int descriptor() const { return socket_; }

 private:
    std::string path_;
    int socket_;
};

}  // namespace

TEST_CASE("a Unix datagram socket takes messages, and what its reader has not read is known") {
    TempDirectory directory;
    LocalSocket local(directory, SOCK_DGRAM);
    auto network = make_posix_network();
    auto stream = network->connect_unix(local.path());
    REQUIRE(stream);
    REQUIRE(establish(**stream));
    CHECK((*stream)->keeps_messages());
    CHECK((*stream)->write("one") == size_t{3});
    CHECK((*stream)->write("two two") == size_t{7});
    CHECK(*(*stream)->unacknowledged_bytes() >= 10);
    CHECK(local.receive() == "one");
    CHECK(*(*stream)->unacknowledged_bytes() >= 7);
    CHECK(local.receive() == "two two");
    CHECK((*stream)->unacknowledged_bytes() == size_t{0});
    Result<size_t> huge = (*stream)->write(std::string(4 << 20, 'x'));
    REQUIRE_FALSE(huge);
    CHECK(huge.error().code == ErrorCode::kLimit);
    char text[8];
    CHECK((*stream)->read(text, sizeof text).error().code == ErrorCode::kWouldBlock);

    // Its queue is short: a reader that is slow is waited for.
    Result<size_t> taken = (*stream)->write("x");
    for (int i = 0; i < 100'000 && taken; ++i) {
        taken = (*stream)->write("x");
    }
    CHECK(taken.error().code == ErrorCode::kWouldBlock);
    CHECK((*stream)->wants() == StreamWants::kWrite);
    local.close();
    CHECK((*stream)->write("x").error().code == ErrorCode::kNetwork);
}

TEST_CASE("a Unix stream socket is found where no datagram socket is") {
    TempDirectory directory;
    LocalSocket local(directory, SOCK_STREAM);
    auto network = make_posix_network();
    auto stream = network->connect_unix(local.path());
    REQUIRE(stream);
    REQUIRE(establish(**stream));
    CHECK_FALSE((*stream)->keeps_messages());
    int peer = ::accept(local.descriptor(), nullptr, nullptr);
    CHECK((*stream)->write("one\n") == size_t{4});
    CHECK(*(*stream)->unacknowledged_bytes() > 0);
    char text[8];
    CHECK(::recv(peer, text, sizeof text, 0) == 4);
    CHECK((*stream)->unacknowledged_bytes() == size_t{0});
    ::close(peer);
    CHECK((*stream)->read(text, sizeof text).error().code == ErrorCode::kClosed);
}

TEST_CASE("a Unix socket that is not there, or that nobody reads, says so") {
    TempDirectory directory;
    auto network = make_posix_network();
    auto missing = network->connect_unix(directory.path() + "/missing");
    CHECK(establish(**missing).error().code == ErrorCode::kNotFound);
    LocalSocket left(directory, SOCK_DGRAM);
    left.close();
    auto dead = network->connect_unix(left.path());
    Error error = establish(**dead).error();
    CHECK(error.message.find("refused") != std::string::npos);
    CHECK(error.message.find(left.path()) != std::string::npos);
    CHECK(network->connect_unix("/" + std::string(107, 'x')).error().code == ErrorCode::kLimit);
}

TEST_CASE("UDP takes messages that fit the way, and hears when nobody listens") {
    int receiver = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address));
    REQUIRE(::bind(receiver, raw, sizeof address) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(receiver, raw, &size) == 0);
    auto network = make_posix_network();
    auto stream = network->connect_udp({"127.0.0.1", ntohs(address.sin_port)});
    REQUIRE(establish(**stream));
    CHECK((*stream)->keeps_messages());
    CHECK((*stream)->write("one") == size_t{3});
    char text[8];
    sockaddr_in from{};
    CHECK(::recvfrom(receiver, text, sizeof text, 0,
                     static_cast<sockaddr*>(static_cast<void*>(&from)), &size) == 3);
    CHECK((*stream)->write(std::string(70'000, 'x')).error().code == ErrorCode::kLimit);

    // An empty message is no farewell.
    REQUIRE(::sendto(receiver, "", 0, 0, static_cast<sockaddr*>(static_cast<void*>(&from)), size) ==
            0);
    pollfd entry{(*stream)->descriptor(), POLLIN, 0};
    REQUIRE(::poll(&entry, 1, 10'000) == 1);
    CHECK((*stream)->read(text, sizeof text).error().code == ErrorCode::kWouldBlock);
    ::close(receiver);
    CHECK((*stream)->write("two") == size_t{3});
    CHECK(until_done(**stream, [&] { return (*stream)->read(text, sizeof text); }).error().code ==
          ErrorCode::kNetwork);
}
