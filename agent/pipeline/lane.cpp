#include "pipeline/lane.h"

#include <algorithm>
#include <utility>

#include "pipeline/agent_record.h"
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
    uint64_t durable_end = recent_.durable_end();
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

// Nothing to send stands between next_index_ and `end`: control frames, a batch that is written but
// not yet synced, or what somebody removed from the spool, which is told.
void Lane::pass_to(uint64_t end) {
    uint64_t first = spool_.first_index();
    if (next_index_ < first && first <= end) {
        end = first;
        std::string detail = "records " + std::to_string(next_index_) + " to " +
                             std::to_string(first - 1) +
                             " were removed from the spool before this output had them";
        log_.error({"output ", LogName{totals_.id},
                    ": records were removed from the spool before they were delivered, ",
                    next_index_, " to ", first - 1});
        mailbox_.put_news({kClassIntegrityGap, totals_.id, std::move(detail), 1});
    }
    next_index_ = end;
    visited_end_ = std::max(visited_end_, end);
    prepared_ = false;
}

int64_t Lane::wait_ms(MonotonicNanos now) const {
    int64_t wait = health_.wait_ms(now);
    if (now < unreadable_until_ && next_index_ < recent_.durable_end()) {
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
    record_.clear();
    for (Section section : kSections) {
        if (Result<void> decoded =
                decode_section(batch_->section(record, section), section, record_);
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
    if (!wanted_) {
        totals_.not_routed += next_index_ >= visited_end_ ? 1 : 0;
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
            in_flight_.push_back(next_index_);
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
    while (!in_flight_.empty() && in_flight_.front() < parts_.output->confirmed_end()) {
        in_flight_.pop_front();
        ++totals_.confirmed;
    }
    cursor_ = std::max(cursor_, in_flight_.empty() ? visited_end_ : in_flight_.front());
    tell_health(now);
}

void Lane::tell_health(MonotonicNanos now) {
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

bool Lane::step(MonotonicNanos now) {
    settle(now);
    int offered = 0;
    // What is offered again is in flight already.
    while (offered < kEventsPerStepMax &&
           (in_flight_.size() < kInFlightEventsMax || next_index_ < visited_end_) &&
           find_batch(next_index_, now)) {
        if (next_index_ < batch_->first_index) {
            next_index_ = batch_->first_index;
            prepared_ = false;
        }
        if (!offer_next()) {
            break;
        }
        ++offered;
    }
    settle(now);
    return offered > 0;
}

bool Lane::drained() const {
    return in_flight_.empty() && visited_end_ == next_index_ &&
           next_index_ >= recent_.durable_end();
}

OutputTotals Lane::totals(uint64_t committed_records) const {
    OutputTotals totals = totals_;
    // Ingest tells its count after the batch: what was seen of it counts already.
    totals.spooled = std::max(committed_records, visited_new_);
    totals.pending = in_flight_.size() + (totals.spooled - visited_new_);
    totals.resent = parts_.output->resent_events();
    return totals;
}

}  // namespace llmtrail
