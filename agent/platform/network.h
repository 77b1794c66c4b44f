// The network seam: outgoing byte streams, plain TCP or TLS 1.3, and messages, never a listener.
// Nothing blocks: the deliver thread waits for descriptor() with poll(2) and calls again. Used by
// the deliver thread alone. TLS (tls_stream.cpp): 1.3 only, peer verified against SAN (no CN),
// TLS_AES_256_GCM_SHA384 and TLS_CHACHA20_POLY1305_SHA256, no early data. See docs/assurance.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace llmtrail {

inline constexpr std::string_view kPinPrefix = "sha256//";

struct TlsOptions {
    std::string ca_file;    // PEM bundle that replaces the system store; empty: the system store
    std::string cert_file;  // PEM client certificate and chain; empty: none
    std::string key_file;   // PEM private key, refused when group or others may read it
    std::string
        server_name;       // verified against SAN and sent as SNI; empty: the host of the address
    std::string crl_file;  // PEM lists of every CA of the chain; empty: none is asked
    std::vector<std::string> pins;  // kPinPrefix and base64 of the SHA-256 of a peer's public key
                                    // (SubjectPublicKeyInfo), one of which it must have; empty: any
    int64_t connection_age_max_ms = int64_t{8} * 3'600'000;  // then it is made anew
};

struct Endpoint {
    std::string host;  // name, IPv4 or IPv6 literal without brackets
    uint16_t port = 0;
};

// "host:port", "[v6]:port". kInvalidArgument otherwise.
Result<Endpoint> parse_endpoint(std::string_view address);

// localhost, 127.0.0.0/8 or ::1: what is sent there stays on this host.
bool is_loopback(const Endpoint& endpoint);

enum class StreamWants : uint8_t { kNothing, kRead, kWrite };

// How far a connection has come while it is made.
enum class StreamStage : uint8_t { kResolving, kConnecting, kHandshake, kUp };

struct PeerCertificate {
    std::string subject;      // as it stands there: whatever its issuer wrote
    int64_t valid_for_s = 0;  // from now; below 0: it has expired
};

// When the certificates end that were shown on a TLS connection, as far as that is known.
struct CertificateEnds {
    std::optional<UnixNanos> receiver;
    std::optional<UnixNanos> own;  // this host's, to the receiver
};

class Stream {
 public:
    virtual ~Stream() = default;  // closes without a farewell

    // Drives name resolution, connect and handshake. kWouldBlock: wait for wants() and call again.
    // kTls: the peer, its certificate or its protocol version is not acceptable; the message says
    // which.
    virtual Result<void> establish() = 0;
    // Bytes taken, possibly fewer than given. kWouldBlock: none now. What is taken and waits for
    // room goes on with the next write() or read(); wants() says kWrite meanwhile.
    virtual Result<size_t> write(ByteView bytes) = 0;
    // For readers of replies and to notice a farewell: kWouldBlock nothing there, kClosed the peer
    // is gone.
    virtual Result<size_t> read(char* out, size_t size) = 0;
    // Bytes taken that the peer's kernel has not acknowledged to this host's (SIOCOUTQ).
    virtual Result<size_t> unacknowledged_bytes() = 0;
    virtual Result<void> shutdown() = 0;  // close_notify or FIN; kWouldBlock: call again

    // True, known once established: each write() is one message, taken whole or not at all.
    // kLimit: it is larger than a message may be. There is no farewell.
    virtual bool keeps_messages() const { return false; }

    // Where establish() is, or failed.
    virtual StreamStage stage() const { return StreamStage::kUp; }

    // What the peer showed in the handshake, taken or refused.
    virtual std::optional<PeerCertificate> peer_certificate() const { return std::nullopt; }

    virtual CertificateEnds certificate_ends() const { return {}; }

    virtual int descriptor()
        const = 0;  // -1 while the name is being resolved: call again after a while
    virtual StreamWants wants() const = 0;
};

class Network {
 public:
    virtual ~Network() = default;
    // Starts to connect; errors that need no waiting (unreadable CA file, loose key file) come at
    // once.
    virtual Result<std::unique_ptr<Stream>> connect_tcp(const Endpoint& to) = 0;
    virtual Result<std::unique_ptr<Stream>> connect_tls(const Endpoint& to,
                                                        const TlsOptions& tls) = 0;
    // Messages that may get lost without an error. What does not fit the way in one piece is
    // refused.
    virtual Result<std::unique_ptr<Stream>> connect_udp(const Endpoint& to) = 0;
    // A local socket: of datagrams when there is one at `path`, else of a stream. kLimit: a path
    // that no socket has.
    virtual Result<std::unique_ptr<Stream>> connect_unix(const std::string& path) = 0;
};

}  // namespace llmtrail
