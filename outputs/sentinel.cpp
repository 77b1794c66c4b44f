#include "outputs/sentinel.h"

#include <algorithm>
#include <utility>

#include "outputs/sentinel_output.h"

namespace llmtrail {

namespace {

std::string url_of(const SentinelPlan& plan) {
    return plan.endpoint + "/dataCollectionRules/" + plan.rule_id + "/streams/" + plan.stream +
           "?api-version=2023-01-01";
}

BatchLimits limits_of(const OutputPlan& plan) {
    return {plan.batch_bytes_max, plan.batch_bytes_max * (kIngestRequestsMax + 1),
            kIngestBatchesMax};
}

}  // namespace

SentinelOutput::SentinelOutput(const OutputPlan& plan, std::unique_ptr<HttpClient> client,
                               FileSystem& files, Random& random)
    : id_(plan.id),
      url_(url_of(plan.sentinel)),
      client_(std::move(client)),
      token_(plan.sentinel.auth, files),
      window_(limits_of(plan)),
      pace_(random) {}

// A batch is the inside of a JSON array, with a comma behind each event.
bool SentinelOutput::offer(const OutputEvent& event) {
    if (finishing_) {
        return false;
    }
    return window_.offer(event.index, now_, [&]() -> std::string_view {
        entry_.assign(event.text).push_back(',');
        return entry_;
    });
}

void SentinelOutput::work(MonotonicNanos now) {
    now_ = now;
    client_->work();
    take_answers();
    if (finishing_ || window_.is_due(now_)) {
        window_.close_open();
    }
    if (start_requests()) {
        take_answers();  // some fail at once
    }
}

int SentinelOutput::batches_under_way() const {
    return static_cast<int>(std::count_if(lines_.begin(), lines_.end(),
                                          [](const Line& line) { return line.batch != nullptr; }));
}

bool SentinelOutput::may_ask_token() const {
    return !token_call_ && token_.wanted(now_) &&
           (now_ >= renew_token_at_ || token_.value(now_) == nullptr);
}

// While nothing has been accepted, and after each failure, one request at a time.
bool SentinelOutput::may_begin_batch() const {
    return token_.value(now_) != nullptr &&
           batches_under_way() < (pace_.up() ? kIngestRequestsMax : 1);
}

// True: something was begun.
bool SentinelOutput::start_requests() {
    bool begun = false;
    while (now_ >= pace_.retry_at() && window_.has_ready()) {
        if (may_ask_token() && start_token()) {
            begun = true;
        }
        if (!may_begin_batch()) {
            break;
        }
        auto line = std::find_if(lines_.begin(), lines_.end(),
                                 [](const Line& l) { return l.batch == nullptr; });
        begun = start_batch(*line, *window_.next_ready(), token_.value(now_)) || begun;
    }
    return begun;
}

bool SentinelOutput::start_token() {
    Result<HttpRequest> request = token_.request();
    if (!request) {
        token_failed({TokenAction::kHold, request.error().message, -1}, ErrorCode::kConfig);
        return false;
    }
    token_call_ = client_->start(std::move(*request));
    return true;
}

bool SentinelOutput::start_batch(Line& line, EventBatch& batch,
                                 std::shared_ptr<const Secret> token) {
    entry_.assign("[").append(batch.body).back() = ']';
    Result<std::string> packed = packer_.pack(entry_);
    if (!packed) {
        pace_.back_off(now_, packed.error().message, packed.error().code);
        return false;
    }
    HttpRequest request;
    request.url = url_;
    request.headers.push_back({"Content-Type", "application/json"});
    request.headers.push_back({"Content-Encoding", "gzip"});
    request.authorization = token;
    request.body = std::move(*packed);
    batch.state = EventBatchState::kSending;
    line.batch = &batch;
    line.token = std::move(token);
    line.call = client_->start(std::move(request));
    return true;
}

OutputWait SentinelOutput::wait() const {
    OutputWait wait{client_->descriptor(), StreamWants::kRead, client_->timer_ms()};
    if (const EventBatch* open = window_.open(); open != nullptr) {
        end_wait_at(wait, now_, open->opened.after_millis(kBatchLingerMs));
    }
    if (window_.has_ready() && (may_ask_token() || may_begin_batch())) {
        end_wait_at(wait, now_, pace_.retry_at());
    }
    return wait;
}

bool SentinelOutput::finish() {
    finishing_ = true;
    return batches_under_way() == 0;
}

std::unique_ptr<Output> make_sentinel_output(const OutputPlan& plan,
                                             std::unique_ptr<HttpClient> client, FileSystem& files,
                                             Random& random) {
    return std::make_unique<SentinelOutput>(plan, std::move(client), files, random);
}

// A metadata service speaks http, and is of this host: nothing else may.
Result<std::unique_ptr<Output>> make_sentinel_output(const OutputPlan& plan, FileSystem& files,
                                                     Random& random) {
    constexpr std::string_view kSecure = "https://";
    const AzureAuth& auth = plan.sentinel.auth;
    bool metadata = auth.identity != AzureIdentity::kClientSecret;
    if (!plan.sentinel.endpoint.starts_with(kSecure) ||
        (!metadata && !auth.authority.starts_with(kSecure))) {
        return fail(ErrorCode::kConfig, "an address is not https");
    }
    HttpOptions options;
    options.tls = plan.tls;
    options.plain_http = metadata;
    options.connections_max = kIngestRequestsMax;
    Result<std::unique_ptr<HttpClient>> client = make_http_client(std::move(options));
    if (!client) {
        return fail(std::move(client.error()));
    }
    return make_sentinel_output(plan, std::move(*client), files, random);
}

}  // namespace llmtrail
