// azure_server.py in a process of its own: token endpoint, metadata service and Logs Ingestion API
// on loopback, which enforce the rules and fail as the script says. Needs the package python3. Ends
// with the object.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fakes/certificates.h"
#include "fakes/child_server.h"
#include "fakes/server_log.h"

namespace llmtrail {

struct AzureScript {
    std::vector<std::string> events;  // what goes wrong, request by request
    std::vector<std::string> tokens = {};
    std::string poison = {};  // id of an event that is refused without being named
    size_t bytes_max = 1'000'000;
    int token_seconds = 3600;
    bool arc = false;        // the metadata service is that of the Arc agent
    std::string realm = {};  // what Arc names as its key file; empty: the one it wrote
};

class AzureServer {
 public:
    static constexpr const char* kTenant = "contoso.example";
    static constexpr const char* kClientId = "11111111-2222-3333-4444-555555555555";
    static constexpr const char* kClientSecret = "s3cret+/=&%~";
    static constexpr const char* kRuleId = "dcr-0123456789abcdef";

    explicit AzureServer(const AzureScript& script);

    std::string url() const { return "https://127.0.0.1:" + child_->said().at(0); }

    std::string metadata_url() const { return "http://127.0.0.1:" + child_->said().at(1); }

    std::string ca_file() const { return certificates_.path("ca.pem"); }

    std::string pin() const { return certificates_.pin("server"); }

    std::string key_directory() const { return certificates_.path("keys"); }

    LogLines log_of(const std::string& kind) const {
        return read_server_log(certificates_.path("log"), kind);
    }

 private:
    CertificateDirectory certificates_;
    std::unique_ptr<ChildServer> child_;
};

}  // namespace llmtrail
