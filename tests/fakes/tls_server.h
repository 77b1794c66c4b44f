// A TLS server in a thread of the test, on an ephemeral loopback port. A failure to start ends the
// test program.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "fakes/certificates.h"
#include "platform/network.h"

struct ssl_st;

namespace llmtrail {

struct ServerPlan {
    std::string cert_file;
    std::string key_file;
    std::string client_ca_file;  // set: a client certificate of this CA is required
    int version = 0;             // 0: TLS 1.3 only; else the only version, as OpenSSL numbers it
    std::string plain_text;      // set: no TLS at all, this is sent at once
    int tickets = 0;             // as many more session tickets are sent before anything is read
};

// Shows NAME.pem of `certificates`.
ServerPlan server_plan_of(const CertificateDirectory& certificates,
                          const std::string& name = "server");

// Accepts connections one after the other and reads each to its end.
class TlsServer {
 public:
    explicit TlsServer(ServerPlan plan);
    ~TlsServer();

    Endpoint endpoint() const { return {"127.0.0.1", port_}; }

    // Waits until `tickets` are sent: how many bytes the server has written by then.
    uint64_t flooded_bytes() const {
        flooded_bytes_.wait(0);
        return flooded_bytes_;
    }

    // Ends the thread and returns what all connections received.
    std::string stop();

    std::string negotiated() const {
        return negotiated_;
    }  // after stop(): version and suite of the last

 private:
    void serve();
    void serve_one(int peer);
    void flood(ssl_st* ssl);

    ServerPlan plan_;
    int listener_ = -1;
    uint16_t port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<uint64_t> flooded_bytes_ = 0;
    std::string received_;
    std::string negotiated_;
    std::thread thread_;
};

}  // namespace llmtrail
