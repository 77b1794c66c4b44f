#include "fakes/http_server.h"

namespace llmtrail {

namespace {

std::vector<std::string> arguments_of(CertificateDirectory& certificates,
                                      const std::string& tls_max) {
    certificates.issue("server", {});
    std::vector<std::string> arguments{certificates.path("server.pem"),
                                       certificates.path("server.key")};
    if (!tls_max.empty()) {
        arguments.push_back(tls_max);
    }
    return arguments;
}

}  // namespace

HttpServer::HttpServer(const std::string& tls_max)
    : child_("fakes/http_server.py", arguments_of(certificates_, tls_max)),
      http_("http://127.0.0.1:" + child_.said().at(0)),
      https_("https://127.0.0.1:" + child_.said().at(1)) {}

}  // namespace llmtrail
