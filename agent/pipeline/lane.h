// One output's way through the spool: its cursor, what it wants, how it is formatted, what is in
// flight. Deliver thread only. A lane never waits for another: each has its own place in the spool.
//
//   RecentBatches / SpoolReader ──record──> Route ──> Formatter ──event──> Output
//                cursor <── confirmed, or a dead letter ────────────────────┘
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "format/formatter.h"
#include "log/log.h"
#include "outputs/output.h"
#include "pipeline/lane_health.h"
#include "pipeline/ledger.h"
#include "pipeline/mailbox.h"
#include "pipeline/recent_batches.h"
#include "pipeline/status_board.h"
#include "route/route.h"
#include "spool/spool.h"

namespace llmtrail {

inline constexpr size_t kInFlightEventsMax = 65'536;

struct LaneParts {
    std::unique_ptr<Output> output;
    std::unique_ptr<Formatter> formatter;
    Route route;
};

class Lane {
 public:
    // `start_index`: everything below is confirmed or before the output's start. `first_new_index`:
    // where this run's records begin; what lies between is backlog.
    Lane(LaneParts parts, uint64_t start_index, uint64_t first_new_index, RecentBatches& recent,
         SpoolReader& spool, Mailbox& mailbox, Log& log);

    // Events below `index` may have arrived already: the last run did not stop in order.
    void mark_resent_below(uint64_t index) { resent_below_ = index; }

    // This many records were committed in this run before the first of this lane's.
    void count_from(uint64_t committed_records) { committed_before_ = committed_records; }

    // Its output ends: nothing from `index` on is offered any more.
    void stop_at(uint64_t index) { stop_at_ = index; }

    // Where another lane of this output goes on, with a ledger of its own.
    struct End {
        uint64_t cursor = 0;
        uint64_t offered_end = 0;  // what is below it may have arrived, confirmed or not
        uint64_t first_new_index = 0;
        uint64_t committed_before = 0;  // records of this run below first_new_index
    };

    End end() const;

    // Offers what the output takes, lets it work, moves the cursor. True: something moved, call
    // again soon.
    bool step(MonotonicNanos now);

    // Until it must be stepped though neither its output nor ingest asks for it; -1: never.
    int64_t wait_ms(MonotonicNanos now) const;

    std::string_view id() const { return parts_.output->id(); }

    Output& output() { return *parts_.output; }

    uint64_t cursor() const { return cursor_; }

    bool drained() const;  // everything durable is confirmed, not wanted or unreadable
    OutputTotals totals(uint64_t committed_records) const;
    OutputStatus status(uint64_t committed_records) const;

 private:
    // What was offered and is not confirmed.
    struct InFlight {
        uint64_t index = 0;
        Digest leaf{};
        uint16_t event_class = 0;
        bool quiet = false;    // never a dead letter
        bool refused = false;  // told; not offered again
    };

    // Records below it are there and to be offered.
    uint64_t offers_end() const { return std::min(recent_.durable_end(), stop_at_); }

    bool find_batch(uint64_t index, MonotonicNanos now);
    bool offer_next();
    void prepare(size_t record);
    void count_visited(uint64_t index);
    void settle(MonotonicNanos now);
    void pass_to(uint64_t end);
    void pass_over(uint64_t end);
    uint64_t count_pruned(uint64_t from, uint64_t end);
    void tell_health(MonotonicNanos now);
    void note_checkpoint();
    InFlight* sent_event(uint64_t index);
    void note_sent();
    void take_refused();
    void count_settled();
    void tell_held();

    LaneParts parts_;
    uint64_t next_index_;   // to be offered
    uint64_t visited_end_;  // highest index ever visited, plus one: below it a record is not
                            // counted again
    uint64_t cursor_;
    uint64_t first_new_index_;
    RecentBatches& recent_;
    SpoolReader& spool_;
    Mailbox& mailbox_;
    Log& log_;

    std::shared_ptr<const Batch> batch_;
    std::deque<InFlight> in_flight_;                           // by index
    std::deque<std::pair<uint64_t, AnchorBody>> checkpoints_;  // those of them, by index
    AuditRecord record_;
    std::string text_;
    std::string event_id_;
    OutputEvent event_;
    bool prepared_ = false;  // event_ stands for next_index_
    bool wanted_ = false;
    LaneHealth health_;
    std::optional<MonotonicNanos> failed_;  // when its output was last down
    uint64_t resent_below_ = 0;             // events below this index may have arrived already
    MonotonicNanos unreadable_until_;
    std::string last_read_error_;

    OutputTotals totals_;
    uint64_t visited_new_ = 0;
    uint64_t committed_before_ = 0;
    uint64_t stop_at_ = UINT64_MAX;
};

}  // namespace llmtrail
