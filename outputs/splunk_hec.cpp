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
      pace_(random),
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
    return window_.offer(event.index, now_, [&]() -> std::string_view {
        entry_.clear();
        envelope_.append(entry_, event.event_time_ns, event.text);
        return entry_;
    });
}

void SplunkHecOutput::work(MonotonicNanos now) {
    now_ = now;
    client_->work();
    take_answers();
    give_up_late_acks();
    if (finishing_ || window_.is_due(now_)) {
        window_.close_open();
    }
    if (start_requests()) {
        take_answers();  // some fail at once
    }
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
        if (now_ < pace_.retry_at() || (!pace_.up() && requests_under_way() > 0)) {
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
        pace_.hold(now_, request.error().message);
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
        pace_.hold(now_, request.error().message);
        return false;
    }
    channel.kind = HecCall::kAcks;
    channel.call = client_->start(std::move(*request));
    return true;
}

OutputWait SplunkHecOutput::wait() const {
    OutputWait wait{client_->descriptor(), StreamWants::kRead, client_->timer_ms()};
    if (const EventBatch* open = window_.open(); open != nullptr) {
        end_wait_at(wait, now_, open->opened.after_millis(kBatchLingerMs));
    }
    if (!pace_.up() && requests_under_way() > 0) {
        return wait;  // its answer decides, not the time
    }
    bool free = false;
    for (const Channel& channel : channels_) {
        free = free || channel.kind == HecCall::kNone;
        if (channel.kind == HecCall::kNone && !channel.pending.empty()) {
            end_wait_at(wait, now_, std::max(channel.poll_at, pace_.retry_at()));
        }
    }
    if (free && window_.has_ready()) {
        end_wait_at(wait, now_, std::max(next_events_, pace_.retry_at()));
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
