// The splunk_hec output itself: splunk_hec.cpp offers, sends and waits, hec_answers.cpp takes what
// comes back. Inside outputs only. Deliver thread.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "outputs/backoff.h"
#include "outputs/batch_window.h"
#include "outputs/hec_channel.h"
#include "outputs/hec_envelope.h"
#include "outputs/hec_reply.h"
#include "outputs/hec_requests.h"
#include "outputs/refused_events.h"
#include "outputs/request_pace.h"
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

    OutputHealth health() const override { return pace_.health(); }

    const Error& last_error() const override { return pace_.last_error(); }

    uint64_t resent_events() const override { return window_.resent_events(); }

    CertificateEnds certificate_ends() const override { return client_->certificate_ends(); }

    bool take_refused(RefusedEvent& refused) override { return refused_.take(refused); }

    bool finish() override;

 private:
    using Channel = HecChannel;

    void take_answers();
    void events_answered(Channel& channel, Result<HttpReply> reply);
    void judge_events(Channel& channel, EventBatch& batch, const HecVerdict& verdict);
    void received(Channel& channel, EventBatch& batch, const HecVerdict& verdict);
    void event_refused(EventBatch& batch, const HecVerdict& verdict);
    void too_large(EventBatch& batch, const HecVerdict& verdict);
    void leave_out(EventBatch& batch, size_t at, const HecVerdict& verdict);
    void acks_answered(Channel& channel, Result<HttpReply> reply);
    void give_up_late_acks();
    void renew(Channel& channel);

    bool start_requests();
    bool start_poll(Channel& channel);
    bool start_batch(Channel& channel, EventBatch& batch);
    int requests_under_way() const;

    void refused_token(const HecVerdict& verdict);

    std::string id_;
    bool acknowledged_;
    std::unique_ptr<HttpClient> client_;
    Random& random_;
    HecEnvelope envelope_;
    HecRequests requests_;
    BatchWindow window_;
    std::array<Channel, kHecChannels> channels_;
    RequestPace pace_;
    Backoff slowness_;  // of a receiver that is nearly full

    MonotonicNanos now_;          // of the last work()
    MonotonicNanos next_events_;  // no batch begins earlier
    RefusedEvents refused_;
    std::string entry_;
    bool finishing_ = false;
};

}  // namespace llmtrail
