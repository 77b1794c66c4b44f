// A real rsyslogd of the test's own: its configuration, port and output file in a directory that
// goes with it. Needs the packages rsyslog, rsyslog-openssl and rsyslog-relp.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "fakes/certificates.h"
#include "platform/network.h"

namespace llmtrail {

struct RsyslogPlan {
    const CertificateDirectory* certificates = nullptr;  // null: plain, with RELP only
    bool relp = false;                                   // imrelp, else imtcp
    std::string client_ca_file = {};  // imtcp: a client certificate of this CA is required
};

class RsyslogReceiver {
 public:
    static bool installed();

    explicit RsyslogReceiver(const RsyslogPlan& plan);
    ~RsyslogReceiver();

    bool started() const { return port_ != 0; }

    Endpoint endpoint() const { return {"127.0.0.1", port_}; }

    size_t messages() const;  // written so far
    // Ends it; its messages, header and framing gone.
    std::vector<std::string> stop();
    std::string complaints() const;  // what rsyslogd wrote to stderr

 private:
    void wait_for_port(uint16_t relp_port);

    std::string directory_;
    pid_t pid_ = -1;
    uint16_t port_ = 0;
};

}  // namespace llmtrail
