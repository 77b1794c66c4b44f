// A plain socket: resolve, try one address after the other, then bytes over TCP or a Unix socket,
// or messages over UDP or a Unix datagram socket. The TLS stream stands on it. Inside
// agent/platform only; deliver thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/network.h"
#include "platform/posix_file.h"
#include "platform/resolver.h"

namespace llmtrail {

inline constexpr int64_t kConnectAddressMs = 5'000;  // for one address, before the next is tried
inline constexpr unsigned kTcpUserTimeoutMs =
    30'000;  // unacknowledged this long: the kernel gives the peer up

class SocketStream : public Stream {
 public:
    // `types`: SOCK_STREAM, SOCK_DGRAM; each address is tried as one after the other.
    SocketStream(Endpoint to, std::shared_ptr<Lookup> lookup, std::vector<int> types)
        : to_(std::move(to)), lookup_(std::move(lookup)), types_(std::move(types)) {}

    Result<void> establish() override;
    Result<size_t> write(ByteView bytes) override;
    Result<size_t> read(char* out, size_t size) override;
    Result<size_t> unacknowledged_bytes() override;
    Result<void> shutdown() override;

    bool keeps_messages() const override { return type_ == SOCK_DGRAM; }

    StreamStage stage() const override;

    int descriptor() const override { return socket_.get(); }

    StreamWants wants() const override;

    const Endpoint& endpoint() const { return to_; }

 private:
    enum class State : uint8_t { kResolving, kChoosing, kConnecting, kUp };

    Result<void> connect_next();
    bool open_socket(const SocketAddress& address, int type);
    bool connected();
    void note_failure(int os_error);
    std::string peer() const;

    Endpoint to_;
    std::shared_ptr<Lookup> lookup_;
    SocketAddresses addresses_;
    std::string doubt_;  // why they may be none of its any more; "": they are not doubted
    std::vector<int> types_;
    size_t attempts_ = 0;
    int type_ = 0;  // of the socket
    State state_ = State::kResolving;
    Descriptor socket_;
    int64_t address_deadline_ms_ = 0;
    Error failure_;
    bool write_blocked_ = false;
};

}  // namespace llmtrail
