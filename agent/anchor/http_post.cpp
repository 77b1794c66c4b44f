#include "anchor/http_post.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "http/http_client.h"
#include "platform/wait.h"

namespace llmtrail {

namespace {

std::string media_type(std::string_view header) {
    std::string type(header.substr(0, header.find_first_of("; \t")));
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return type;
}

class WaitingPoster final : public HttpPoster {
 public:
    explicit WaitingPoster(std::unique_ptr<Waker> waker) : waker_(std::move(waker)) {}

    Result<PostReply> post(const PostRequest& request) override;

    void cancel() override {
        cancelled_.store(true);
        waker_->wake();
    }

 private:
    Result<HttpReply> reply_of(HttpClient& client) const;

    std::unique_ptr<Waker> waker_;  // stays awake once it was woken
    std::atomic<bool> cancelled_{false};
};

Result<HttpReply> WaitingPoster::reply_of(HttpClient& client) const {
    for (;;) {
        if (cancelled_.load()) {
            return fail(ErrorCode::kCancelled, "stopped");
        }
        client.work();
        if (std::optional<HttpDone> done = client.take_done()) {
            return std::move(done->reply);
        }
        std::array entries{WaitEntry{client.descriptor()}, WaitEntry{waker_->descriptor()}};
        if (Result<int> waited = wait_for(entries, client.timer_ms()); !waited) {
            return fail(std::move(waited.error()));
        }
    }
}

Result<PostReply> WaitingPoster::post(const PostRequest& request) {
    HttpOptions options;
    options.tls.ca_file = request.ca_file;
    options.plain_http = request.allow_http;
    Result<std::unique_ptr<HttpClient>> client = make_http_client(std::move(options));
    if (!client) {
        return fail(std::move(client.error()));
    }
    HttpRequest outgoing;
    outgoing.url = request.url;
    outgoing.headers = {{"Content-Type", request.content_type}};
    outgoing.body = request.body;
    (*client)->start(std::move(outgoing));
    Result<HttpReply> reply = reply_of(**client);
    if (!reply) {
        return fail(std::move(reply.error()));
    }
    if (reply->body.size() > kPostReplyBytesMax) {
        return fail(ErrorCode::kLimit, "an answer of more than 64 KiB");
    }
    return PostReply{reply->status, media_type(reply->header("content-type")),
                     std::move(reply->body)};
}

}  // namespace

Result<std::unique_ptr<HttpPoster>> make_http_poster() {
    Result<std::unique_ptr<Waker>> waker = make_waker();
    if (!waker) {
        return fail(std::move(waker.error()));
    }
    return std::unique_ptr<HttpPoster>(std::make_unique<WaitingPoster>(std::move(*waker)));
}

}  // namespace llmtrail
