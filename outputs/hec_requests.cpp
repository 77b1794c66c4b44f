#include "outputs/hec_requests.h"

#include <cstring>
#include <utility>

#include "base/json_text.h"

namespace llmtrail {

namespace {

constexpr std::string_view kScheme = "Splunk ";

Secret with_scheme(const Secret& token) {
    Secret value(kScheme.size() + token.size());
    std::memcpy(value.reveal_mutable(), kScheme.data(), kScheme.size());
    std::memcpy(value.reveal_mutable() + kScheme.size(), token.reveal().data(), token.size());
    return value;
}

}  // namespace

HecRequests::HecRequests(const std::string& url, std::vector<SecretReader> tokens, bool gzip)
    : url_(url), tokens_(std::move(tokens)), gzip_(gzip) {
    while (url_.ends_with('/')) {
        url_.pop_back();
    }
}

Result<HttpRequest> HecRequests::request(const std::string& path, std::string_view channel) {
    if (!authorization_) {
        if (tokens_.empty()) {
            return fail(ErrorCode::kConfig, "it has no token");
        }
        Result<Secret> token = tokens_[token_]();
        if (!token) {
            return fail(std::move(token.error()).with_context("its token"));
        }
        authorization_ = std::make_shared<const Secret>(with_scheme(*token));
    }
    HttpRequest request;
    request.url = url_ + path;
    request.headers.push_back({"Content-Type", "application/json"});
    if (!channel.empty()) {
        request.headers.push_back({"X-Splunk-Request-Channel", std::string(channel)});
    }
    request.authorization = authorization_;
    return request;
}

Result<HttpRequest> HecRequests::events(std::string_view body, std::string_view channel) {
    Result<HttpRequest> made = request("/services/collector/event", channel);
    if (!made) {
        return made;
    }
    if (!gzip_) {
        made->body = Bytes(body);
        return made;
    }
    Result<std::string> packed = packer_.pack(body);
    if (!packed) {
        return fail(std::move(packed.error()));
    }
    made->headers.push_back({"Content-Encoding", "gzip"});
    made->body = std::move(*packed);
    return made;
}

Result<HttpRequest> HecRequests::acks(const std::vector<uint64_t>& ids, std::string_view channel) {
    Result<HttpRequest> made = request("/services/collector/ack", channel);
    if (!made) {
        return made;
    }
    Bytes body = "{\"acks\":[";
    for (size_t i = 0; i < ids.size(); ++i) {
        body += i > 0 ? "," : "";
        append_json_unsigned(body, ids[i]);
    }
    body += "]}";
    made->body = std::move(body);
    return made;
}

bool HecRequests::next_token() {
    authorization_.reset();
    token_ = tokens_.empty() ? 0 : (token_ + 1) % tokens_.size();
    if (++refused_ < tokens_.size()) {
        return true;
    }
    refused_ = 0;
    return false;
}

}  // namespace llmtrail
