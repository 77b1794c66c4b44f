#include <algorithm>
#include <utility>

#include "outputs/hec_output.h"

namespace llmtrail {

void SplunkHecOutput::take_answers() {
    while (std::optional<HttpDone> done = client_->take_done()) {
        auto channel = std::find_if(channels_.begin(), channels_.end(), [&](const Channel& c) {
            return c.kind != HecCall::kNone && c.call == done->call;
        });
        if (channel == channels_.end()) {
            continue;
        }
        HecCall kind = std::exchange(channel->kind, HecCall::kNone);
        if (kind == HecCall::kEvents) {
            events_answered(*channel, std::move(done->reply));
        } else {
            acks_answered(*channel, std::move(done->reply));
        }
    }
}

// What was pending in the channel cannot be told from what comes now.
void SplunkHecOutput::renew(Channel& channel) {
    for (PendingAck& ack : channel.renew(random_)) {
        window_.lose(*ack.batch);
    }
}

void SplunkHecOutput::events_answered(Channel& channel, Result<HttpReply> reply) {
    EventBatch& batch = *std::exchange(channel.batch, nullptr);
    if (reply) {
        judge_events(channel, batch, judge_hec_reply(*reply));
        return;
    }
    if (reply.error().code == ErrorCode::kTimeout) {
        window_.note_too_slow(batch);
    }
    window_.lose(batch);
    renew(channel);
    pace_.back_off(now_, reply.error().message, reply.error().code);
}

void SplunkHecOutput::judge_events(Channel& channel, EventBatch& batch, const HecVerdict& verdict) {
    batch.state = EventBatchState::kReady;
    switch (verdict.action) {
        case HecAction::kReceived:
        case HecAction::kSlowDown:
            received(channel, batch, verdict);
            break;
        case HecAction::kRetry:
            pace_.back_off(now_, verdict.problem, ErrorCode::kBusy, verdict.retry_after_ms);
            break;
        case HecAction::kUnknown:
            window_.lose(batch);
            renew(channel);
            pace_.back_off(now_, verdict.problem, ErrorCode::kNetwork, verdict.retry_after_ms);
            break;
        case HecAction::kOtherToken:
            refused_token(verdict);
            break;
        case HecAction::kHold:
            pace_.hold(now_, verdict.problem);
            break;
        case HecAction::kWrongIndex:
            // The number of this one counts from 1; should one receiver count from 0, an event
            // comes twice, and is marked.
            if (verdict.event_number && *verdict.event_number > 1 && !acknowledged_) {
                batch.state = EventBatchState::kSending;
                window_.drop_front(
                    batch, std::min<uint64_t>(*verdict.event_number - 1, batch.events.size() - 1));
                window_.lose(batch);
            }
            pace_.hold(now_, verdict.problem);
            break;
        case HecAction::kEventRefused:
            event_refused(batch, verdict);
            break;
        case HecAction::kTooLarge:
            too_large(batch, verdict);
            break;
        case HecAction::kNoGzip:
            if (channel.packed) {
                requests_.stop_gzip();
            } else {
                pace_.hold(now_, verdict.problem);
            }
            break;
    }
}

void SplunkHecOutput::received(Channel& channel, EventBatch& batch, const HecVerdict& verdict) {
    requests_.token_taken();
    refused_.note_accepted();
    window_.note_in_time();
    if (!acknowledged_) {
        window_.confirm(batch);
    } else if (!verdict.ack_id) {
        window_.lose(batch);
        pace_.hold(now_,
                   "indexer acknowledgement is off for this token: set `ack: false` or turn it on");
        return;
    } else if (channel.last_ack_id && *verdict.ack_id <= *channel.last_ack_id) {
        window_.lose(batch);
        renew(channel);
    } else {
        if (channel.pending.empty()) {
            channel.poll_ms = kHecAckPollFirstMs;
            channel.poll_at = now_.after_millis(channel.poll_ms);
        }
        channel.last_ack_id = verdict.ack_id;
        channel.pending.push_back({*verdict.ack_id, &batch, now_.after_millis(kHecAckMs)});
        window_.accept(batch);
    }
    pace_.succeed(now_);
    if (verdict.action == HecAction::kSlowDown) {
        next_events_ = now_.after_millis(slowness_.next_ms());
    } else {
        slowness_.reset();
    }
}

void SplunkHecOutput::leave_out(EventBatch& batch, size_t at, const HecVerdict& verdict) {
    if (refused_.too_many_in_a_row()) {
        pace_.hold(now_, verdict.problem);
        return;
    }
    refused_.tell(batch.events[at].index, verdict.problem);
    pace_.succeed(now_);
    window_.drop_front(batch, at + 1);
}

void SplunkHecOutput::event_refused(EventBatch& batch, const HecVerdict& verdict) {
    requests_.token_taken();
    size_t events = batch.events.size();
    bool named = verdict.event_number && *verdict.event_number < events;
    size_t wrong = named ? static_cast<size_t>(*verdict.event_number) : 0;
    if (!named && events > 1) {
        // What of it is stored is not known either.
        pace_.succeed(now_);
        window_.isolate(batch.end_index, events / 2);
        window_.lose(batch);
    } else if (wrong > 0 && acknowledged_) {
        // What stands before is stored, but nothing would ever acknowledge it.
        leave_out(window_.split(batch, wrong), 0, verdict);
        window_.lose(batch);
    } else {
        leave_out(batch, wrong, verdict);
    }
}

void SplunkHecOutput::too_large(EventBatch& batch, const HecVerdict& verdict) {
    if (batch.events.size() == 1) {
        leave_out(batch, 0, verdict);
        return;
    }
    pace_.succeed(now_);
    window_.halve(batch);
}

void SplunkHecOutput::acks_answered(Channel& channel, Result<HttpReply> reply) {
    std::optional<std::vector<uint64_t>> acknowledged;
    if (reply) {
        acknowledged = read_hec_acks(*reply);
    }
    if (!acknowledged) {
        // The answer may have said yes, which is said once.
        for (PendingAck& ack : channel.pending) {
            ack.deadline = std::min(ack.deadline, now_.after_millis(kHecLostAnswerMs));
        }
        HecVerdict verdict = reply ? judge_hec_reply(*reply) : HecVerdict();
        if (!reply) {
            pace_.back_off(now_, reply.error().message, reply.error().code);
        } else if (verdict.action == HecAction::kOtherToken) {
            refused_token(verdict);
        } else if (verdict.action == HecAction::kHold) {
            pace_.hold(now_, verdict.problem);
        } else {
            pace_.back_off(now_, verdict.problem, ErrorCode::kNetwork, verdict.retry_after_ms);
        }
        return;
    }
    if (!window_.has_ready()) {
        pace_.succeed(now_);  // else only a batch that is received says that batches are
    }
    size_t before = channel.pending.size();
    std::erase_if(channel.pending, [&](const PendingAck& ack) {
        bool stored =
            std::find(acknowledged->begin(), acknowledged->end(), ack.id) != acknowledged->end();
        if (stored) {
            window_.confirm(*ack.batch);
        }
        return stored;
    });
    bool moved = channel.pending.size() < before;
    channel.poll_ms = moved ? kHecAckPollFirstMs : std::min(channel.poll_ms * 2, kHecAckPollMsMax);
    channel.poll_at = now_.after_millis(channel.poll_ms);
}

void SplunkHecOutput::give_up_late_acks() {
    for (Channel& channel : channels_) {
        if (channel.kind == HecCall::kAcks) {
            continue;  // its answer is near
        }
        std::erase_if(channel.pending, [&](const PendingAck& ack) {
            bool late = now_ >= ack.deadline;
            if (late) {
                window_.lose(*ack.batch);
            }
            return late;
        });
    }
}

void SplunkHecOutput::refused_token(const HecVerdict& verdict) {
    if (!requests_.next_token()) {
        pace_.hold(now_, verdict.problem);
    }
}

}  // namespace llmtrail
