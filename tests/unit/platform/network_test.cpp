#include "platform/network.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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
