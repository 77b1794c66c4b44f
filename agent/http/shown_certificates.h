// What the connections of an HTTP client have shown of certificates, by host: when they end. Used
// by its client alone; one thread. What cannot be read is not known.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "platform/network.h"

struct curl_certinfo;

namespace llmtrail {

class ShownCertificates {
 public:
    // After a request to `url`. Only the first on a connection has something in `shown`; then
    // `own_file` was read, too, unless it is empty.
    void note(std::string_view url, const curl_certinfo* shown, const std::string& own_file);

    // Of several hosts the one that ends first.
    CertificateEnds ends() const;

 private:
    std::map<std::string, UnixNanos> receivers_;  // by scheme, host and port: few
    std::optional<UnixNanos> own_;
};

}  // namespace llmtrail
