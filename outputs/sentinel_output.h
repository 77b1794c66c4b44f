// The sentinel output itself: sentinel.cpp offers, sends and waits, sentinel_answers.cpp takes what
// comes back. Inside outputs only. Deliver thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "outputs/azure_token.h"
#include "outputs/batch_window.h"
#include "outputs/gzip.h"
#include "outputs/ingest_reply.h"
#include "outputs/refused_events.h"
#include "outputs/request_pace.h"
#include "outputs/sentinel.h"

namespace llmtrail {

class SentinelOutput final : public Output {
 public:
    SentinelOutput(const OutputPlan& plan, std::unique_ptr<HttpClient> client, FileSystem& files,
                   Random& random);

    std::string_view id() const override { return id_; }

    Confirmation confirmation() const override { return Confirmation::kAcknowledged; }

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
    struct Line {
        HttpCall call = 0;
        EventBatch* batch = nullptr;  // null: nothing is under way
        std::shared_ptr<const Secret> token;
    };

    void take_answers();
    void token_answered(Result<HttpReply> reply);
    void token_failed(const TokenVerdict& verdict, ErrorCode code);
    void judge(EventBatch& batch, const std::shared_ptr<const Secret>& token,
               const IngestVerdict& verdict);
    void accepted(EventBatch& batch);
    void refused(EventBatch& batch, const std::string& problem);
    void settle_suspects();
    void leave_out(EventBatch& batch);

    bool start_requests();
    bool start_token();
    bool start_batch(Line& line, EventBatch& batch, std::shared_ptr<const Secret> token);
    bool may_ask_token() const;
    bool may_begin_batch() const;
    int batches_under_way() const;

    std::string id_;
    std::string url_;
    std::unique_ptr<HttpClient> client_;
    AzureToken token_;
    Gzip packer_;
    BatchWindow window_;
    RequestPace pace_;
    RefusedEvents refused_;
    std::array<Line, kIngestRequestsMax> lines_;
    std::optional<HttpCall> token_call_;
    MonotonicNanos renew_token_at_;  // not before, while the present one is good

    // Whether a refused event is wrong or everything is, the others show. Batches of one refused
    // event are set aside; when another batch is accepted they are tried once more, and left out
    // when they are refused again.
    std::vector<EventBatch*> suspects_;
    std::vector<uint64_t> doubted_;  // indices of those that are tried once more
    std::string suspicion_;
    bool proven_ = false;  // something was accepted since a setting was last in doubt

    MonotonicNanos now_;  // of the last work()
    std::string entry_;
    bool finishing_ = false;
};

}  // namespace llmtrail
