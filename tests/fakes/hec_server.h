// hec_server.py in a process of its own: a Splunk HTTP Event Collector on loopback that enforces
// the rules and fails as its script says. Needs the package python3. Ends with the object.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fakes/certificates.h"
#include "fakes/child_server.h"
#include "fakes/server_log.h"
#include "fakes/temp_directory.h"

namespace llmtrail {

struct HecScript {
    std::vector<std::string> tokens{"good-token"};
    std::vector<std::string> disabled;
    bool ack = true;
    bool gzip = true;
    size_t bytes_max = 900'000;
    std::vector<std::string> indexes;
    std::string poison = {};  // id of an event that is refused without being named, or "all"
    std::vector<std::string> events;  // what goes wrong, request by request
    std::vector<std::string> polls;
    bool close = false;     // the connection, after each answer
    size_t slow_above = 0;  // bytes of a body that is never answered; 0: none
};

class HecServer {
 public:
    explicit HecServer(const HecScript& script);

    std::string url() const { return "https://127.0.0.1:" + child_->said().at(0); }

    std::string ca_file() const { return certificates_.path("ca.pem"); }

    LogLines log_of(const std::string& kind) const {
        return read_server_log(certificates_.path("log"), kind);
    }

 private:
    CertificateDirectory certificates_;
    std::unique_ptr<ChildServer> child_;
};

}  // namespace llmtrail
