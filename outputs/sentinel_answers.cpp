#include <algorithm>
#include <utility>

#include "outputs/sentinel_output.h"

namespace llmtrail {

void SentinelOutput::take_answers() {
    while (std::optional<HttpDone> done = client_->take_done()) {
        if (token_call_ == done->call) {
            token_call_.reset();
            token_answered(std::move(done->reply));
            continue;
        }
        auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line& l) {
            return l.batch != nullptr && l.call == done->call;
        });
        if (line == lines_.end()) {
            continue;
        }
        EventBatch& batch = *std::exchange(line->batch, nullptr);
        std::shared_ptr<const Secret> token = std::exchange(line->token, nullptr);
        if (done->reply) {
            judge(batch, token, judge_ingest_reply(*done->reply));
        } else {
            if (done->reply.error().code == ErrorCode::kTimeout) {
                window_.note_too_slow(batch);
            }
            window_.lose(batch);
            pace_.back_off(now_, done->reply.error().message, done->reply.error().code);
        }
    }
    settle_suspects();
}

void SentinelOutput::token_answered(Result<HttpReply> reply) {
    if (!reply) {
        token_failed({TokenAction::kRetry, reply.error().message, -1}, reply.error().code);
        return;
    }
    TokenVerdict verdict = token_.take(*reply, now_);
    if (verdict.action == TokenAction::kRetry || verdict.action == TokenAction::kHold) {
        token_failed(verdict, ErrorCode::kBusy);
    }
}

// A token that is still good is used on when its renewal fails.
void SentinelOutput::token_failed(const TokenVerdict& verdict, ErrorCode code) {
    renew_token_at_ = now_.after_millis(std::max(kHoldMs, verdict.retry_after_ms));
    if (token_.value(now_) != nullptr) {
        return;
    }
    if (verdict.action == TokenAction::kHold) {
        pace_.hold(now_, verdict.problem);
    } else {
        pace_.back_off(now_, verdict.problem, code, verdict.retry_after_ms);
    }
}

void SentinelOutput::judge(EventBatch& batch, const std::shared_ptr<const Secret>& token,
                           const IngestVerdict& verdict) {
    batch.state = EventBatchState::kReady;
    switch (verdict.action) {
        case IngestAction::kAccepted:
            accepted(batch);
            break;
        case IngestAction::kRetry:
            pace_.back_off(now_, verdict.problem, ErrorCode::kBusy, verdict.retry_after_ms);
            break;
        case IngestAction::kUnknown:
            window_.lose(batch);
            pace_.back_off(now_, verdict.problem, ErrorCode::kNetwork, verdict.retry_after_ms);
            break;
        case IngestAction::kOtherToken:
            if (!token_.refuse(token)) {
                pace_.hold(now_, verdict.problem);
            }
            break;
        case IngestAction::kHold:
            proven_ = false;
            pace_.hold(now_, verdict.problem);
            break;
        case IngestAction::kRefused:
            refused(batch, verdict.problem);
            break;
        case IngestAction::kTooLarge:
            if (batch.events.size() > 1) {
                window_.halve(batch);
            } else if (refused_.too_many_in_a_row()) {
                pace_.hold(now_, verdict.problem);
            } else {
                refused_.tell(batch.first_index, verdict.problem);
                window_.confirm(batch);
            }
            break;
    }
}

void SentinelOutput::accepted(EventBatch& batch) {
    token_.taken();
    window_.confirm(batch);
    pace_.succeed(now_);
    refused_.note_accepted();
    window_.note_in_time();
    proven_ = true;
    std::erase_if(doubted_, [end = window_.confirmed_end()](uint64_t i) { return i < end; });
    for (EventBatch* suspect : std::exchange(suspects_, {})) {
        doubted_.push_back(suspect->first_index);
        suspect->state = EventBatchState::kReady;
    }
}

// The API does not say which event is wrong, and has taken none: halves find it.
void SentinelOutput::refused(EventBatch& batch, const std::string& problem) {
    if (batch.events.size() > 1) {
        window_.split(batch);
        return;
    }
    suspicion_ = problem;
    if (std::erase(doubted_, batch.first_index) > 0) {
        leave_out(batch);
        return;
    }
    batch.state = EventBatchState::kSending;  // set aside
    suspects_.push_back(&batch);
}

void SentinelOutput::leave_out(EventBatch& batch) {
    refused_.tell(batch.first_index, suspicion_);
    window_.confirm(batch);
}

// When one event after the other is refused it is not the events that are wrong: they wait until
// somebody has changed the rule. Where nothing else is left to send, what was accepted before has
// to do as the proof.
void SentinelOutput::settle_suspects() {
    bool others = window_.has_ready() || window_.open() != nullptr || window_.must_rewind() ||
                  batches_under_way() > 0;
    if (suspects_.empty() || (others && suspects_.size() < kSuspectsMax)) {
        return;
    }
    bool wrong = !others && proven_;
    proven_ = false;
    doubted_.clear();
    for (EventBatch* suspect : std::exchange(suspects_, {})) {
        if (wrong) {
            leave_out(*suspect);
        } else {
            suspect->state = EventBatchState::kReady;
        }
    }
    if (!wrong) {
        pace_.hold(now_, suspicion_);
    }
}

}  // namespace llmtrail
