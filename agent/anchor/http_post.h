// One small POST at a time, for timestamp authorities and witnesses. Blocks its thread, which is
// why anchors have one of their own; cancel() from any other thread ends it. What HTTP and TLS are
// held to: http/http_client.h. Errors: those of a request there, kLimit for an answer above
// kPostReplyBytesMax, and kCancelled.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace llmtrail {

inline constexpr size_t kPostReplyBytesMax = size_t{64} << 10;

struct PostRequest {
    std::string url;
    std::string content_type;
    Bytes body;
    std::string ca_file;      // empty: the system's
    bool allow_http = false;  // else anything but https is refused
};

struct PostReply {
    int status = 0;
    std::string content_type;  // without parameters, lower case
    Bytes body;
};

class HttpPoster {
 public:
    virtual ~HttpPoster() = default;
    virtual Result<PostReply> post(const PostRequest& request) = 0;
    virtual void cancel() = 0;  // this request and every later one
};

// kUnsupported when libcurl is not installed.
Result<std::unique_ptr<HttpPoster>> make_http_poster();

}  // namespace llmtrail
