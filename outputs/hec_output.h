// The splunk_hec output itself: splunk_hec.cpp offers, sends and waits, hec_answers.cpp takes what
// comes back. Inside outputs only. Deliver thread.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>

#include "outputs/backoff.h"
#include "outputs/batch_window.h"
#include "outputs/hec_channel.h"
#include "outputs/hec_envelope.h"
#include "outputs/hec_reply.h"
#include "outputs/hec_requests.h"
#include "outputs/splunk_hec.h"

namespace llmtrail {

class SplunkHecOutput final : public Output {
 public:
    SplunkHecOutput(const OutputPlan& plan, std::unique_ptr<HttpClient> client, Random& random);

    std::string_view id() const override { return id_; }

    Confirmation confirmation() const override {
        return acknowledged_ ? Confirmation::kAcknowledged : Confirmation::kSent;
    }

    bool offer(const OutputEvent& event) override;
    void work(MonotonicNanos now) override;
    OutputWait wait() const override;

    uint64_t confirmed_end() const override { return window_.confirmed_end(); }

    bool take_rewind(uint64_t& from_index) override { return window_.rewind(from_index); }

    OutputHealth health() const override { return health_; }

    const Error& last_error() const override { return last_error_; }

    uint64_t resent_events() const override { return window_.resent_events(); }

    bool take_refused(RefusedEvent& refused) override;
    bool finish() override;

 private:
    using Channel = HecChannel;

    void take_answers();
    void events_answered(Channel& channel, Result<HttpReply> reply);
    void judge_events(Channel& channel, EventBatch& batch, const HecVerdict& verdict);
    void received(Channel& channel, EventBatch& batch, const HecVerdict& verdict);
    void event_refused(EventBatch& batch, const HecVerdict& verdict);
    void too_large(EventBatch& batch, const HecVerdict& verdict);
    void acks_answered(Channel& channel, Result<HttpReply> reply);
    void give_up_late_acks();
    void renew(Channel& channel);

    bool start_requests();
    bool start_poll(Channel& channel);
    bool start_batch(Channel& channel, EventBatch& batch);
    bool batch_is_due() const;
    int requests_under_way() const;

    void succeed();
    void back_off(std::string problem, ErrorCode code, int64_t retry_after_ms = -1);
    void hold(std::string problem);
    void refused_token(const HecVerdict& verdict);
    void tell_refused(uint64_t index, const std::string& problem);
    int64_t jittered(int64_t at_least_ms);

    std::string id_;
    bool acknowledged_;
    std::unique_ptr<HttpClient> client_;
    Random& random_;
    HecEnvelope envelope_;
    HecRequests requests_;
    BatchWindow window_;
    std::array<Channel, kHecChannels> channels_;
    Backoff backoff_;
    Backoff slowness_;  // of a receiver that is nearly full

    OutputHealth health_ = OutputHealth::kIdle;
    Error last_error_;
    MonotonicNanos now_;          // of the last work()
    MonotonicNanos retry_at_;     // nothing begins earlier
    MonotonicNanos next_events_;  // no batch begins earlier
    std::deque<RefusedEvent> refused_;
    std::string entry_;
    bool finishing_ = false;
};

}  // namespace llmtrail
