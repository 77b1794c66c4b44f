// http_server.py in a process of its own: a server for HTTP clients on loopback, over http and
// https. Needs the package python3. Ends with the object.
#pragma once

#include <string>

#include "fakes/certificates.h"
#include "fakes/child_server.h"

namespace llmtrail {

class HttpServer {
 public:
    // `tls_max`: a name of Python's ssl.TLSVersion, or "" for what it has.
    explicit HttpServer(const std::string& tls_max = "");

    std::string http(const std::string& path) const { return http_ + path; }

    std::string https(const std::string& path) const { return https_ + path; }

    std::string ca_file() const { return certificates_.path("ca.pem"); }

 private:
    CertificateDirectory certificates_;
    ChildServer child_;
    std::string http_;
    std::string https_;
};

}  // namespace llmtrail
