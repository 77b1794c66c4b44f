#include "http/shown_certificates.h"

#include <curl/curl.h>

#include <algorithm>

#include "platform/tls_context.h"

namespace llmtrail {

void ShownCertificates::note(std::string_view url, const curl_certinfo* shown,
                             const std::string& own_file) {
    if (shown == nullptr || shown->num_of_certs <= 0) {
        return;
    }
    constexpr std::string_view kPem = "Cert:";
    for (const curl_slist* line = shown->certinfo[0]; line != nullptr; line = line->next) {
        std::string_view text = line->data;
        std::optional<UnixNanos> end =
            text.starts_with(kPem) ? end_of_certificate(text.substr(kPem.size())) : std::nullopt;
        if (end) {
            size_t host = url.find("://") + 3;
            receivers_[std::string(url.substr(0, url.find('/', host)))] = *end;
        }
    }
    own_ = own_file.empty() ? std::nullopt : end_of_certificate_file(own_file);
}

CertificateEnds ShownCertificates::ends() const {
    CertificateEnds ends{std::nullopt, own_};
    for (const auto& [host, end] : receivers_) {
        ends.receiver = ends.receiver ? std::min(*ends.receiver, end) : end;
    }
    return ends;
}

}  // namespace llmtrail
