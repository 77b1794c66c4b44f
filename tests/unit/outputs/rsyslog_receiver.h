// A real rsyslogd of the test's own: its configuration, port and output file in a directory that
// goes with it. Needs the packages rsyslog, rsyslog-openssl and rsyslog-relp.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fakes/certificates.h"
#include "platform/network.h"

namespace llmtrail {

enum class RsyslogInput : uint8_t { kTcp, kRelp, kUnix, kUdp };

struct RsyslogPlan {
    const CertificateDirectory* certificates = nullptr;  // of kTcp and kRelp; null: no TLS
    RsyslogInput input = RsyslogInput::kTcp;
    std::string client_ca_file = {};          // kTcp: a client certificate of this CA is required
    std::string line = "%msg%";               // what is written of a message, rsyslog's properties
    std::optional<Endpoint> forward_to = {};  // over TCP, one RFC 3164 message a line
};

class RsyslogReceiver {
 public:
    static bool installed();

    explicit RsyslogReceiver(const RsyslogPlan& plan);
    ~RsyslogReceiver();

    bool started() const { return port_ != 0; }

    Endpoint endpoint() const { return {"127.0.0.1", port_}; }

    std::string socket_path() const { return directory_ + "/log"; }

    std::vector<std::string> messages() const;  // written so far, as `line` has them
    // Ends it; all messages.
    std::vector<std::string> stop();
    std::string complaints() const;  // what rsyslogd wrote to stderr

 private:
    void wait_until(const std::function<uint16_t()>& listens);

    std::string directory_;
    pid_t pid_ = -1;
    uint16_t port_ = 0;
};

}  // namespace llmtrail
