#include "pipeline/lane.h"

#include <algorithm>
#include <utility>

#include "pipeline/agent_record.h"
#include "pipeline/checkpoint_record.h"
#include "pipeline/repeats.h"
#include "record/record_codec.h"

namespace llmtrail {

static constexpr int kEventsPerStepMax = 2048;
static constexpr int64_t kReadRetryMs = 5000;

static std::string_view confirmation_name(Confirmation confirmation) {
    switch (confirmation) {
        case Confirmation::kAcknowledged:
            return "acknowledged";
        case Confirmation::kSent:
            return "sent";
        case Confirmation::kSynced:
            return "synced";
    }
    return "";
}

Lane::Lane(LaneParts parts, uint64_t start_index, uint64_t first_new_index, RecentBatches& recent,
           SpoolReader& spool, Mailbox& mailbox, Log& log)
    : parts_(std::move(parts)),
      next_index_(start_index),
      visited_end_(start_index),
      cursor_(start_index),
      first_new_index_(first_new_index),
      recent_(recent),
      spool_(spool),
      mailbox_(mailbox),
      log_(log) {
    totals_.id = parts_.output->id();
    totals_.confirmation = confirmation_name(parts_.output->confirmation());
}

// Makes batch_ the one that holds `index` or the first after it. False: there is none yet or it
// cannot be read now.
bool Lane::find_batch(uint64_t index, MonotonicNanos now) {
    if (batch_ && index >= batch_->first_index && index < batch_->end_index()) {
        return true;
    }
    uint64_t durable_end = offers_end();
    if (index >= durable_end) {
        return false;
    }
    batch_ = recent_.find(index);
    if (batch_ || now < unreadable_until_) {
        return batch_ != nullptr;
    }
    Result<std::shared_ptr<const Batch>> read = spool_.read(index);
    if (read && (*read)->first_index < durable_end) {
        batch_ = std::move(*read);
        last_read_error_.clear();
        return true;
    }
    // Offered again only to be sure: what was confirmed may have been pruned or closed for good.
    if (!read && index < cursor_) {
        next_index_ = cursor_;
        prepared_ = false;
        return find_batch(next_index_, now);
    }
    // A file that is missing is kNotFound too, with the system's error: what stands in it is not to
    // be passed over.
    if (read || (read.error().code == ErrorCode::kNotFound && read.error().os_error == 0)) {
        pass_to(durable_end);
        return false;
    }
    unreadable_until_ = now.after_millis(kReadRetryMs);
    if (last_read_error_ != read.error().message) {
        last_read_error_ = read.error().message;
        log_.error({"output ", LogName{totals_.id}, ": reading the spool: ", read.error()});
        mailbox_.put_news({kClassIntegrityCrypto, totals_.id, last_read_error_, 1});
    }
    return false;
}

uint64_t Lane::count_pruned(uint64_t from, uint64_t end) {
    Result<uint64_t> records = spool_.pruned_records(from, end);
    return records ? *records : 0;
}

// Between next_index_ and `end` stands nothing that can be had: control frames, or records that
// were pruned before this output had them, which is told and counted.
void Lane::pass_over(uint64_t end) {
    uint64_t from = std::max(next_index_, visited_end_);
    uint64_t split = std::clamp(first_new_index_, from, std::max(from, end));
    uint64_t old_records = count_pruned(from, std::min(split, end));
    uint64_t new_records = count_pruned(split, end);
    uint64_t removed = old_records + new_records;
    totals_.backlog += old_records;
    visited_new_ += new_records;
    totals_.dropped += removed;
    bool before_all = next_index_ < spool_.first_index() && end > from;
    if (removed > 0 || before_all) {
        std::string range = std::to_string(next_index_) + " to " + std::to_string(end - 1);
        log_.error({"output ", LogName{totals_.id},
                    ": records were removed from the spool before they were delivered: ", removed,
                    ", in the range from ", next_index_, " to ", end - 1});
        mailbox_.put_news({kClassIntegrityGap, totals_.id,
                           "records " + range +
                               " were removed from the spool before this output had them: " +
                               std::to_string(removed),
                           1});
    }
    next_index_ = end;
    visited_end_ = std::max(visited_end_, end);
    prepared_ = false;
}

// Nothing to send stands between next_index_ and `end`: control frames, a batch that is written but
// not yet synced, or what was removed from the spool.
void Lane::pass_to(uint64_t end) {
    uint64_t first = spool_.first_index();
    pass_over(next_index_ < first && first <= end ? first : end);
}

int64_t Lane::wait_ms(MonotonicNanos now) const {
    int64_t wait = health_.wait_ms(now);
    if (now < unreadable_until_ && next_index_ < offers_end()) {
        int64_t retry = unreadable_until_.millis_since(now) + 1;
        wait = wait < 0 ? retry : std::min(wait, retry);
    }
    return wait;
}

void Lane::count_visited(uint64_t index) {
    visited_end_ = index + 1;
    if (index < first_new_index_) {
        ++totals_.backlog;
    } else {
        ++visited_new_;
    }
}

// Decodes, routes and formats the record at next_index_.
void Lane::prepare(size_t record) {
    prepared_ = true;
    wanted_ = false;
    if (InFlight* sent = sent_event(next_index_); sent != nullptr && sent->refused) {
        return;
    }
    record_.clear();
    for (Section section : kSections) {
        if (Result<void> decoded = decode_section(batch_->section(record, section), section,
                                                  record_, SectionBytes::kLent);
            !decoded) {
            if (next_index_ >= visited_end_) {
                ++totals_.unreadable;
                mailbox_.put_news({kClassIntegrityCrypto, totals_.id, decoded.error().message, 1});
            }
            return;
        }
    }
    const EventClass& event_class = event_class_of(record_);
    wanted_ = parts_.route.wants(record_, event_class);
    if (!wanted_ || is_repeat(record_)) {
        uint64_t& passed_over = wanted_ ? totals_.aggregated : totals_.not_routed;
        passed_over += next_index_ >= visited_end_ ? 1 : 0;
        wanted_ = false;
        return;
    }
    const BatchRecord& proof = batch_->records[record];
    event_id_ = event_id_of(proof.leaf);
    SpoolReference reference{.index = next_index_,
                             .leaf = view(proof.leaf),
                             .commitments = {},
                             .event_id = event_id_,
                             .resent = next_index_ < resent_below_};
    for (size_t s = 0; s < kSectionCount; ++s) {
        reference.commitments[s] = view(proof.commitments[s]);
    }
    text_.clear();
    parts_.formatter->format(record_, reference, text_);
    event_ = OutputEvent{
        .index = next_index_,
        .event_id = event_id_,
        .text = text_,
        .syslog_severity = event_class.syslog_severity,
        .event_time_ns = record_.integer(Field::kEventTime).value_or(0),
        .event_class = event_class.id,
        .resent = reference.resent,
    };
}

// Moves past the record at next_index_. False: the output has no room now.
bool Lane::offer_next() {
    if (!prepared_) {
        prepare(static_cast<size_t>(next_index_ - batch_->first_index));
    }
    if (wanted_ && !parts_.output->offer(event_)) {
        return false;
    }
    if (next_index_ >= visited_end_) {
        count_visited(next_index_);
        if (wanted_) {
            note_sent();
            note_checkpoint();
        }
    }
    ++next_index_;
    prepared_ = false;
    return true;
}

// Takes the output's confirmations and rewinds, and moves the cursor behind them.
void Lane::settle(MonotonicNanos now) {
    parts_.output->work(now);
    uint64_t from = 0;
    if (parts_.output->take_rewind(from) && from < next_index_) {
        resent_below_ = std::max(resent_below_, next_index_);
        next_index_ = from;
        prepared_ = false;
    }
    take_refused();
    count_settled();
    tell_held();
    cursor_ = std::max(cursor_, in_flight_.empty() ? visited_end_ : in_flight_.front().index);
    tell_health(now);
}

Lane::InFlight* Lane::sent_event(uint64_t index) {
    auto found =
        std::lower_bound(in_flight_.begin(), in_flight_.end(), index,
                         [](const InFlight& sent, uint64_t wanted) { return sent.index < wanted; });
    return found != in_flight_.end() && found->index == index ? &*found : nullptr;
}

// No dead letter may bring another one: what speaks of this output, or is a dead letter itself, is
// never made one.
void Lane::note_sent() {
    InFlight sent{.index = next_index_,
                  .leaf = batch_->records[next_index_ - batch_->first_index].leaf,
                  .event_class = event_.event_class};
    sent.quiet = is_agent_record(record_) && (event_.event_class == kClassEventsDropped ||
                                              record_.text(Field::kAgentSubject) == totals_.id);
    in_flight_.push_back(sent);
}

// What is refused stays in flight until its turn, so that it is not offered again.
void Lane::take_refused() {
    RefusedEvent refused;
    while (parts_.output->take_refused(refused)) {
        InFlight* sent = sent_event(refused.index);
        if (sent == nullptr || sent->refused) {
            continue;  // told before
        }
        sent->refused = true;
        std::erase_if(checkpoints_, [&](const auto& one) { return one.first == refused.index; });
        log_.error({"output ", LogName{totals_.id}, ": record ", refused.index,
                    " is not delivered: ", Error{ErrorCode::kInvalidArgument, refused.reason, 0}});
        if (!sent->quiet) {
            mailbox_.put_dead_letter({totals_.id, refused.index, event_id_of(sent->leaf),
                                      sent->event_class, std::move(refused.reason)});
        }
    }
}

void Lane::count_settled() {
    auto is_settled = [&](const InFlight& sent) {
        return sent.refused || sent.index < parts_.output->confirmed_end();
    };
    for (; !in_flight_.empty() && is_settled(in_flight_.front()); in_flight_.pop_front()) {
        const InFlight& sent = in_flight_.front();
        uint64_t& count = !sent.refused ? totals_.confirmed
                          : sent.quiet  ? totals_.not_routed
                                        : totals_.dead_lettered;
        ++count;
    }
}

// Whoever confirms the event of a checkpoint has the checkpoint.
void Lane::note_checkpoint() {
    if (event_.event_class != kClassCheckpoint) {
        return;
    }
    if (std::optional<CheckpointBody> body = checkpoint_of(record_)) {
        checkpoints_.emplace_back(next_index_, AnchorBody{AnchorHolderKind::kOutput, totals_.id,
                                                          body->tree_size, body->root, event_id_});
    }
}

void Lane::tell_held() {
    std::optional<AnchorBody> newest;
    while (!checkpoints_.empty() && checkpoints_.front().first < parts_.output->confirmed_end()) {
        newest = std::move(checkpoints_.front().second);
        checkpoints_.pop_front();
    }
    if (!newest) {
        return;
    }
    bool anchors = parts_.output->confirmation() == Confirmation::kAcknowledged;
    std::string words = anchors ? "anchor of " + totals_.id
                                : "checkpoint " + totals_.confirmation + " to " + totals_.id;
    mailbox_.put_held({std::move(*newest), anchors, std::move(words)});
}

void Lane::tell_health(MonotonicNanos now) {
    if (parts_.output->health() == OutputHealth::kBackingOff) {
        failed_ = now;
    }
    switch (health_.look(parts_.output->health(), !in_flight_.empty(), totals_.confirmed, now)) {
        case HealthNews::kNone:
            return;
        case HealthNews::kDown: {
            const Error& error = parts_.output->last_error();
            log_.error(
                {"output ", LogName{totals_.id}, ": ", error, "; its events stay in the spool"});
            mailbox_.put_news({kClassOutputDown, totals_.id, error.message, 1});
            return;
        }
        case HealthNews::kStalled:
            log_.error({"output ", LogName{totals_.id},
                        ": connected, but nothing was confirmed for ", kStalledMs / 1000,
                        " s; its events stay in the spool"});
            mailbox_.put_news(
                {kClassOutputDown, totals_.id, "connected, but nothing is confirmed", 1});
            return;
        case HealthNews::kRecovered:
            log_.info({"output ", LogName{totals_.id}, ": recovered"});
            mailbox_.put_news({kClassOutputRecovered, totals_.id, "recovered", 1});
            return;
    }
}

OutputStatus Lane::status(uint64_t committed_records) const {
    OutputStatus status{totals(committed_records), parts_.output->health(), "", failed_,
                        parts_.output->certificate_ends()};
    if (status.health == OutputHealth::kBackingOff) {
        status.last_error = parts_.output->last_error().message;
    }
    return status;
}

bool Lane::step(MonotonicNanos now) {
    settle(now);
    int offered = 0;
    bool letters_wait = mailbox_.dead_letters_waiting() >= kDeadLettersMax;
    auto may_send_more = [&] { return in_flight_.size() < kInFlightEventsMax && !letters_wait; };
    // What is offered again is in flight already.
    while (offered < kEventsPerStepMax && next_index_ < stop_at_ &&
           (may_send_more() || next_index_ < visited_end_) && find_batch(next_index_, now)) {
        if (next_index_ < batch_->first_index) {
            pass_over(std::min(batch_->first_index, stop_at_));
        }
        if (next_index_ >= stop_at_ || !offer_next()) {
            break;
        }
        ++offered;
    }
    settle(now);
    return offered > 0;
}

bool Lane::drained() const {
    return in_flight_.empty() && visited_end_ == next_index_ && next_index_ >= offers_end();
}

Lane::End Lane::end() const {
    End end{cursor_, std::max(visited_end_, resent_below_), first_new_index_, committed_before_};
    if (visited_end_ > first_new_index_) {
        end.first_new_index = visited_end_;
        end.committed_before += visited_new_;
    }
    return end;
}

OutputTotals Lane::totals(uint64_t committed_records) const {
    OutputTotals totals = totals_;
    // Ingest tells its count after the batch: what was seen of it counts already.
    uint64_t committed = std::max(committed_records, committed_before_) - committed_before_;
    totals.spooled = std::max(committed, visited_new_);
    totals.pending = in_flight_.size() + (totals.spooled - visited_new_);
    totals.resent = parts_.output->resent_events();
    return totals;
}

}  // namespace llmtrail
