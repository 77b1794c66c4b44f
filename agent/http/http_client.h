// HTTP requests for outputs and anchors, over libcurl: several at once, none of them blocking. The
// library is loaded when the first client is made and not before, since it brings more memory with
// it than the agent has itself. TLS 1.3 only, the peer verified as on every output; redirects are
// never followed, proxies of the environment not used, bodies bounded. One client is used by one
// thread. Errors of a request stand in its HttpDone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "platform/network.h"

namespace llmtrail {

inline constexpr size_t kHttpReplyBytesMax = size_t{1} << 20;
inline constexpr size_t kHttpHeaderBytesMax = size_t{4} << 10;  // of one header that is kept

struct HttpHeader {
    std::string name;
    std::string value;
};

struct HttpRequest {
    std::string url;
    std::vector<HttpHeader> headers;
    std::shared_ptr<const Secret> authorization;  // value of the Authorization header; null: none
    std::optional<Bytes> body;                    // with one it is a POST, else a GET
    bool holds_secret = false;  // the body, or its answer: they are overwritten after use
    bool to_receiver = true;    // false: to another host, which pins and client certificate are not
                                // for
};

struct HttpReply {
    int status = 0;
    std::vector<HttpHeader> headers;  // names in lower case
    Bytes body;

    std::string_view header(std::string_view lower_case_name) const;  // "" when it is not there
};

struct HttpOptions {
    TlsOptions tls;
    std::string proxy;        // empty: none, whatever the environment says
    bool plain_http = false;  // also http:// (an instance's metadata service)
    bool cookies = false;     // kept for the client's life
    int64_t connect_ms = 10'000;
    int64_t request_ms = 30'000;  // all in all
    long connections_max = 4;
};

using HttpCall = uint64_t;

struct HttpDone {
    HttpCall call = 0;
    // kNetwork, kTimeout, kTls, kLimit (an answer above kHttpReplyBytesMax), kInvalidArgument (an
    // address that is not https).
    Result<HttpReply> reply;
};

class HttpClient {
 public:
    virtual ~HttpClient() = default;  // ends what is under way

    virtual HttpCall start(HttpRequest request) = 0;
    virtual void work() = 0;  // does what can be done without waiting
    virtual std::optional<HttpDone> take_done() = 0;

    // Of the last connection to each host, the one that ends first.
    virtual CertificateEnds certificate_ends() const { return {}; }

    virtual int descriptor() const = 0;    // readable when work() has something to do
    virtual int64_t timer_ms() const = 0;  // call work() after this long; -1: no need
};

// kUnsupported: the library is not installed.
Result<std::unique_ptr<HttpClient>> make_http_client(HttpOptions options);

}  // namespace llmtrail
