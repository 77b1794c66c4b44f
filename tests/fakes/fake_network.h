// A network of scripted receivers. Each connection takes the next script, or the last one again;
// what each connection received is kept. TLS connections differ from TCP ones only in the script's
// say.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/network.h"

namespace llmtrail {

struct FakeConnection;

struct FakePeer {
    std::optional<Error> refuse_at_once;  // connect_*() fails
    int establish_rounds = 0;             // establish() says kWouldBlock this often
    std::optional<Error> establish_error;
    size_t write_bytes_max = SIZE_MAX;        // taken by one write
    size_t room_bytes = SIZE_MAX;             // then writes block
    std::optional<size_t> break_after_bytes;  // then writes and reads say break_error
    Error break_error{ErrorCode::kNetwork, "connection reset by peer", 0};
    size_t lost_bytes =
        0;  // of what was taken, the last so many never reach the application when it breaks
    bool acknowledges = true;  // false: unacknowledged_bytes() stays at what was written
    bool closes_after_shutdown = true;
    size_t message_bytes_max = 0;  // not 0: it takes messages, none larger than this
    CertificateEnds certificate_ends;
    std::function<void(FakeConnection&)> listens;  // called after each write; may add to `says`
};

// What one connection did; outlives it.
struct FakeConnection {
    Endpoint to;
    bool tls = false;
    FakePeer peer;
    std::string taken;                  // bytes this host believes were sent
    std::vector<std::string> messages;  // the same, one by one, when it takes messages
    std::string says;                   // what the peer wrote and was not read yet
    bool broken = false;
    bool shut_down = false;
    bool destroyed = false;
    size_t acknowledged = 0;  // when !peer.acknowledges

    // Bytes the application behind the peer saw.
    std::string received() const {
        return broken ? taken.substr(0, taken.size() - std::min(taken.size(), peer.lost_bytes))
                      : taken;
    }

    // From now on the peer is gone.
    void break_now(Error error) {
        peer.break_error = std::move(error);
        broken = true;
    }
};

class FakeNetwork : public Network {
 public:
    Result<std::unique_ptr<Stream>> connect_tcp(const Endpoint& to) override {
        return connect(to, false);
    }

    Result<std::unique_ptr<Stream>> connect_tls(const Endpoint& to, const TlsOptions&) override {
        return connect(to, true);
    }

    Result<std::unique_ptr<Stream>> connect_udp(const Endpoint& to) override {
        return connect(to, false);
    }

    Result<std::unique_ptr<Stream>> connect_unix(const std::string& path) override {
        return connect({path, 0}, false);
    }

    std::deque<FakePeer> scripts;  // of the connections to come
    FakePeer otherwise;            // when there is none left
    std::vector<std::shared_ptr<FakeConnection>> connections;
    size_t attempts = 0;

    FakeConnection& last() { return *connections.back(); }

 private:
    Result<std::unique_ptr<Stream>> connect(const Endpoint& to, bool tls);
};

}  // namespace llmtrail
