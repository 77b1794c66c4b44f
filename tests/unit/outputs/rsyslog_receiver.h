// A real rsyslogd of the test's own: its configuration, port and output file in a directory that
// goes with it. Needs the packages rsyslog and rsyslog-openssl.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "fakes/certificates.h"
#include "platform/network.h"

namespace llmtrail {

class RsyslogReceiver {
 public:
    static bool installed();

    // TLS 1.3 only. With `client_ca_file` it asks for a client certificate of that CA.
    RsyslogReceiver(const CertificateDirectory& certificates, const std::string& client_ca_file);
    ~RsyslogReceiver();

    bool started() const { return port_ != 0; }

    Endpoint endpoint() const { return {"127.0.0.1", port_}; }

    size_t messages() const;  // written so far
    // Ends it; its messages, header and framing gone.
    std::vector<std::string> stop();
    std::string complaints() const;  // what rsyslogd wrote to stderr

 private:
    void wait_for_port();

    std::string directory_;
    pid_t pid_ = -1;
    uint16_t port_ = 0;
};

}  // namespace llmtrail
