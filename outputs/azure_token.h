// The bearer token of an output to Azure: how it is asked for, how long it is good, when it is
// asked for again. Talks to nobody itself: the output sends request() and gives the answer to
// take(). A token is a Secret from the answer on; bodies that held one are overwritten. Deliver
// thread. docs/outputs.md, "sentinel".
#pragma once

#include <memory>
#include <string>

#include "http/http_client.h"
#include "outputs/sentinel_plan.h"
#include "platform/clock.h"
#include "platform/file_system.h"

namespace llmtrail {

inline constexpr int64_t kTokenRenewBeforeMs = 300'000;  // or half its life, if that is less
inline constexpr int64_t kTokenLifeMsMax = 86'400'000;
inline constexpr size_t kTokenBytesMax = size_t{16} << 10;
inline constexpr size_t kArcKeyBytesMax = 4096;

enum class TokenAction : uint8_t {
    kTaken,
    kAskAgain,  // request() has another form now
    kRetry,     // later, by itself
    kHold,      // somebody has to change a setting
};

struct TokenVerdict {
    TokenAction action = TokenAction::kRetry;
    std::string problem;  // our own words
    int64_t retry_after_ms = -1;
};

class AzureToken {
 public:
    AzureToken(AzureAuth auth, FileSystem& files) : auth_(std::move(auth)), files_(files) {}

    // Value of the Authorization header; null: none that is still good.
    std::shared_ptr<const Secret> value(MonotonicNanos now) const;

    bool wanted(MonotonicNanos now) const { return !token_ || now >= renew_at_; }

    // An error: the client secret cannot be read, and why.
    Result<HttpRequest> request();
    TokenVerdict take(HttpReply& reply, MonotonicNanos now);

    // A receiver refused `used`, or took it. False: the token before was refused, too.
    bool refuse(const std::shared_ptr<const Secret>& used);

    void taken() { refused_ = 0; }

 private:
    HttpRequest metadata_request();
    Result<HttpRequest> client_secret_request() const;
    TokenVerdict take_token(HttpReply& reply, MonotonicNanos now);
    TokenVerdict answer_challenge(const HttpReply& reply);
    TokenVerdict judge_refusal(const HttpReply& reply) const;

    AzureAuth auth_;
    FileSystem& files_;
    std::shared_ptr<const Secret> token_;
    MonotonicNanos renew_at_;
    MonotonicNanos ends_at_;
    int refused_ = 0;
    std::shared_ptr<const Secret> arc_key_;  // for the next request
    bool key_shown_ = false;                 // in the last one
};

}  // namespace llmtrail
