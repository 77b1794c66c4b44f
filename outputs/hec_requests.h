// The requests of a splunk_hec output: their addresses, headers and bodies, and which token opens.
// Tokens are read when they are needed and again after each refusal, so that a file that was
// replaced and a second token are found without a restart. Deliver thread. A token stands in the
// Authorization header alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/http_client.h"
#include "outputs/gzip.h"
#include "outputs/outputs.h"

namespace llmtrail {

class HecRequests {
 public:
    HecRequests(const std::string& url, std::vector<SecretReader> tokens, bool gzip);

    // `channel` empty: none. An error: no token can be read, and why.
    Result<HttpRequest> events(std::string_view body, std::string_view channel);
    Result<HttpRequest> acks(const std::vector<uint64_t>& ids, std::string_view channel);

    // The token in use was refused. False: all have been, since one was taken last.
    bool next_token();

    void token_taken() { refused_ = 0; }

    bool gzip() const { return gzip_; }

    void stop_gzip() { gzip_ = false; }

 private:
    Result<HttpRequest> request(const std::string& path, std::string_view channel);

    std::string url_;
    std::vector<SecretReader> tokens_;
    size_t token_ = 0;
    size_t refused_ = 0;
    std::shared_ptr<const Secret> authorization_;
    bool gzip_;
    Gzip packer_;
};

}  // namespace llmtrail
