#include "outputs/splunk_hec.h"

#include <algorithm>
#include <utility>

#include "outputs/hec_output.h"

namespace llmtrail {

namespace {

HecEnvelopeParts envelope_of(const OutputPlan& plan) {
    return {plan.host_name, plan.source, plan.sourcetype, plan.index, plan.json_members};
}

BatchLimits limits_of(const OutputPlan& plan) {
    return {plan.batch_bytes_max, plan.batch_bytes_max * (kHecChannels + 1), kHecBatchesMax};
}

}  // namespace

SplunkHecOutput::SplunkHecOutput(const OutputPlan& plan, std::unique_ptr<HttpClient> client,
                                 Random& random)
    : id_(plan.id),
      acknowledged_(plan.acknowledged),
      client_(std::move(client)),
      random_(random),
      envelope_(envelope_of(plan)),
      requests_(plan.url, plan.tokens, plan.gzip),
      window_(limits_of(plan)),
      backoff_(random),
      slowness_(random) {
    if (acknowledged_) {
        for (Channel& channel : channels_) {
            channel.id = make_channel_id(random_);
        }
    }
}

bool SplunkHecOutput::offer(const OutputEvent& event) {
    if (finishing_) {
        return false;
    }
    switch (window_.look(event.index)) {
        case BatchWindow::Look::kHeld:
            return true;
        case BatchWindow::Look::kRefuse:
            return false;
        case BatchWindow::Look::kWanted:
            break;
    }
    entry_.clear();
    envelope_.append(entry_, event.event_time_ns, event.text);
    return window_.take(event.index, entry_, now_);
}

void SplunkHecOutput::work(MonotonicNanos now) {
    now_ = now;
    client_->work();
    take_answers();
    give_up_late_acks();
    if (batch_is_due()) {
        window_.close_open();
    }
    if (start_requests()) {
        take_answers();  // some fail at once
    }
}

bool SplunkHecOutput::batch_is_due() const {
    const EventBatch* open = window_.open();
    return open != nullptr && (finishing_ || now_ >= open->opened.after_millis(kHecLingerMs));
}

int SplunkHecOutput::requests_under_way() const {
    return static_cast<int>(
        std::count_if(channels_.begin(), channels_.end(),
                      [](const Channel& channel) { return channel.kind != HecCall::kNone; }));
}

// While nothing has been received, and after each failure, one request at a time: it also brings
// the cookie by which a load balancer knows the others. True: something was begun.
bool SplunkHecOutput::start_requests() {
    bool begun = false;
    for (Channel& channel : channels_) {
        if (now_ < retry_at_ || (health_ != OutputHealth::kUp && requests_under_way() > 0)) {
            return begun;
        }
        if (channel.kind != HecCall::kNone) {
            continue;
        }
        if (!channel.pending.empty() && now_ >= channel.poll_at) {
            begun = start_poll(channel) || begun;
            continue;
        }
        EventBatch* batch = now_ >= next_events_ ? window_.next_ready() : nullptr;
        if (batch != nullptr) {
            begun = start_batch(channel, *batch) || begun;
        }
    }
    return begun;
}

bool SplunkHecOutput::start_batch(Channel& channel, EventBatch& batch) {
    Result<HttpRequest> request = requests_.events(batch.body, channel.id);
    if (!request) {
        hold(request.error().message);
        return false;
    }
    batch.state = EventBatchState::kSending;
    channel.kind = HecCall::kEvents;
    channel.batch = &batch;
    channel.packed = requests_.gzip();
    channel.call = client_->start(std::move(*request));
    return true;
}

bool SplunkHecOutput::start_poll(Channel& channel) {
    Result<HttpRequest> request = requests_.acks(channel.pending_ids(), channel.id);
    if (!request) {
        hold(request.error().message);
        return false;
    }
    channel.kind = HecCall::kAcks;
    channel.call = client_->start(std::move(*request));
    return true;
}

void SplunkHecOutput::succeed() {
    health_ = OutputHealth::kUp;
    backoff_.reset();
}

void SplunkHecOutput::back_off(std::string problem, ErrorCode code, int64_t retry_after_ms) {
    health_ = OutputHealth::kBackingOff;
    last_error_ = Error{code, std::move(problem), 0};
    int64_t wait_ms = std::max(backoff_.next_ms(), retry_after_ms);
    retry_at_ = std::max(retry_at_, now_.after_millis(wait_ms));
}

int64_t SplunkHecOutput::jittered(int64_t at_least_ms) {
    uint32_t some = 0;
    (void)random_.fill(&some, sizeof some);
    return at_least_ms + some % at_least_ms;
}

void SplunkHecOutput::hold(std::string problem) {
    health_ = OutputHealth::kBackingOff;
    last_error_ = Error{ErrorCode::kConfig, std::move(problem), 0};
    retry_at_ = std::max(retry_at_, now_.after_millis(jittered(kHecHoldMs)));
}

bool SplunkHecOutput::take_refused(RefusedEvent& refused) {
    if (refused_.empty()) {
        return false;
    }
    refused = std::move(refused_.front());
    refused_.pop_front();
    return true;
}

OutputWait SplunkHecOutput::wait() const {
    OutputWait wait{client_->descriptor(), StreamWants::kRead, client_->timer_ms()};
    auto at_most = [&](MonotonicNanos when) {
        int64_t left_ms = std::max<int64_t>(0, when.millis_since(now_) + 1);
        wait.timer_ms = wait.timer_ms < 0 ? left_ms : std::min(wait.timer_ms, left_ms);
    };
    if (const EventBatch* open = window_.open(); open != nullptr) {
        at_most(open->opened.after_millis(kHecLingerMs));
    }
    bool free = false;
    for (const Channel& channel : channels_) {
        free = free || channel.kind == HecCall::kNone;
        if (channel.kind == HecCall::kNone && !channel.pending.empty()) {
            at_most(std::max(channel.poll_at, retry_at_));
        }
    }
    bool may_begin = free && (health_ == OutputHealth::kUp || requests_under_way() == 0);
    if (may_begin && window_.has_ready()) {
        at_most(std::max(next_events_, retry_at_));
    }
    return wait;
}

bool SplunkHecOutput::finish() {
    finishing_ = true;
    return requests_under_way() == 0;
}

std::unique_ptr<Output> make_splunk_hec_output(const OutputPlan& plan,
                                               std::unique_ptr<HttpClient> client, Random& random) {
    return std::make_unique<SplunkHecOutput>(plan, std::move(client), random);
}

Result<std::unique_ptr<Output>> make_splunk_hec_output(const OutputPlan& plan, Random& random) {
    HttpOptions options;
    options.tls = plan.tls;
    options.cookies = true;
    options.connections_max = kHecChannels;
    Result<std::unique_ptr<HttpClient>> client = make_http_client(std::move(options));
    if (!client) {
        return fail(std::move(client.error()));
    }
    return make_splunk_hec_output(plan, std::move(*client), random);
}

}  // namespace llmtrail
