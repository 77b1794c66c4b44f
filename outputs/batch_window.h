// What an output that sends events in batches has in hand, in index order: batches being filled,
// waiting, under way, accepted but not acknowledged, and lost ones, whose events must be offered
// again. A confirmed batch is not here any more. Whatever order confirmations come in,
// confirmed_end() moves over what is confirmed without a gap, and an event that is offered again
// is taken again only when its batch was lost. A batch keeps its bytes until the receiver has
// taken them and no longer: the spool is the queue. Pure bookkeeping, deliver thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/clock.h"

namespace llmtrail {

inline constexpr int64_t kBatchLingerMs = 20;  // a batch that is not full waits for more
inline constexpr size_t kBatchBytesMin = size_t{16} << 10;  // a receiver may ask for no less
inline constexpr int kBatchesUntilGrowth = 100;  // in time, before larger ones are tried again

enum class EventBatchState : uint8_t {
    kOpen,      // being filled
    kReady,     // to be sent
    kSending,   // in a request
    kAccepted,  // the receiver has it and is to acknowledge it
    kLost,      // its fate is unknown: its events are to be offered again
};

struct BatchedEvent {
    uint64_t index = 0;
    size_t end = 0;  // of its bytes in the body
};

struct EventBatch {
    uint64_t first_index = 0;
    uint64_t end_index = 0;
    EventBatchState state = EventBatchState::kOpen;
    MonotonicNanos opened;
    std::string body;                  // entries, one after the other
    std::vector<BatchedEvent> events;  // empty, as the body, once it is accepted or lost
};

struct BatchLimits {
    size_t body_bytes_max = 0;      // of one batch; an entry above it goes alone
    size_t buffered_bytes_max = 0;  // of all bodies
    size_t batches_max = 0;         // beyond it no new event is taken
};

class BatchWindow {
 public:
    explicit BatchWindow(BatchLimits limits)
        : limits_(limits), batch_bytes_max_(limits.body_bytes_max) {}

    enum class Look : uint8_t {
        kWanted,  // make its entry and take() it
        kHeld,    // in hand or confirmed: passed over
        kRefuse,  // rewind() first
    };

    // Of the event that is offered next.
    Look look(uint64_t index);

    // Adds an event's entry to the batch being filled. False: no room now.
    bool take(uint64_t index, std::string_view entry, MonotonicNanos now);

    // Both: true when the event needs no further offer. `entry()` makes its entry.
    template <typename MakeEntry>
    bool offer(uint64_t index, MonotonicNanos now, MakeEntry&& entry) {
        Look seen = look(index);
        return seen == Look::kWanted ? take(index, entry(), now) : seen == Look::kHeld;
    }

    // Events below `until_index` go in batches of at most `events_max`: one of them is not wanted
    // by the receiver, which does not say which.
    void isolate(uint64_t until_index, size_t events_max);

    const EventBatch* open() const { return open_; }

    bool is_due(MonotonicNanos now) const {  // what is being filled
        return open_ != nullptr && now >= open_->opened.after_millis(kBatchLingerMs);
    }

    void close_open();         // what is being filled becomes ready
    EventBatch* next_ready();  // the oldest; null: none
    bool has_ready() const;

    // The receiver has the whole batch; it waits for an acknowledgement.
    void accept(EventBatch& batch);
    void confirm(EventBatch& batch);  // `batch` is gone after this
    // The first `count` events are done with; the batch is gone when none is left.
    void drop_front(EventBatch& batch, size_t count);
    // Into two that are ready, the second with the events from `at` on; it is returned.
    EventBatch& split(EventBatch& batch, size_t at);
    void split(EventBatch& batch);  // in the middle; one event alone becomes ready
    // As that, and batches stay half as large as this one was, but for a minimum.
    void halve(EventBatch& batch);
    // It was too much for the time a request has: batches become half as large as it, until enough
    // of them were in time.
    void note_too_slow(const EventBatch& batch);
    void note_in_time();
    void lose(EventBatch& batch);

    // True: events must be offered again from `from` on; those that are held will be passed over.
    bool rewind(uint64_t& from);
    bool must_rewind() const;

    uint64_t confirmed_end() const;

    uint64_t resent_events() const { return resent_; }

    size_t buffered_bytes() const { return buffered_bytes_; }

    size_t batches() const { return batches_.size(); }

 private:
    using Place = std::deque<std::unique_ptr<EventBatch>>::iterator;

    Place place_of(const EventBatch& batch);
    size_t first_not_before(uint64_t index) const;
    EventBatch* lost_batch_of(uint64_t index) const;
    void forget_unreachable(uint64_t index);
    void take_out_of_lost(EventBatch& lost, uint64_t index);
    bool open_takes(uint64_t index, size_t entry_bytes, const EventBatch* lost);
    void release(EventBatch& batch);

    size_t half_of(const EventBatch& batch) const;

    BatchLimits limits_;
    size_t batch_bytes_max_;  // of the time being, within the limits
    int batches_in_time_ = 0;
    std::deque<std::unique_ptr<EventBatch>> batches_;  // by first_index; ranges do not overlap
    EventBatch* open_ = nullptr;
    const EventBatch* open_from_ = nullptr;  // the lost batch whose events it takes; null: new ones
    size_t lost_ = 0;
    size_t buffered_bytes_ = 0;
    uint64_t position_ = 0;     // behind the last event that was offered
    uint64_t offered_end_ = 0;  // behind the highest ever offered
    uint64_t isolate_until_ = 0;
    size_t isolate_events_max_ = 0;
    uint64_t resent_ = 0;
};

}  // namespace llmtrail
