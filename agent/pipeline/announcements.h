// What the agent itself has to say, on its way into the spool's open batch as agent records: dead
// letters, each of them; news, as often as its queue lets it through; and what a minute of repeats
// came to. Ingest thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "pipeline/dead_letters.h"
#include "pipeline/mailbox.h"
#include "pipeline/news_queue.h"
#include "pipeline/open_batch.h"
#include "pipeline/repeats.h"
#include "platform/clock.h"
#include "spool/spool.h"

namespace llmtrail {

class Announcements {
 public:
    enum class Which : uint8_t {
        kDue,
        kAll,          // whatever its rate, at shutdown
        kDeadLetters,  // and nothing else, when nobody is left to hear of the rest
    };

    Announcements(SpoolWriter& spool, OpenBatch& batch, Mailbox& mailbox, Clock& clock)
        : spool_(spool), batch_(batch), mailbox_(mailbox), clock_(clock) {}

    void add(AgentNews news) { news_.add(std::move(news), clock_.monotonic_now()); }

    void add(std::vector<DeadLetter> letters) { dead_letters_.add(std::move(letters)); }

    // True: all of it is in the open batch.
    bool append(Which which);

    // And durable. False: the spool does not take it.
    bool commit(Which which);

    // Tells the mailbox what is in the log.
    void settle();

    // No further than the events whose dead letters are not in the log yet. While the spool is full
    // nothing is held back: what is to be told would wait for space that only a cursor makes.
    Cursors held_back(Cursors cursors) const;

    Repeats& repeats() { return repeats_; }

    int64_t wait_ms() const;  // until append() has something; -1: never

 private:
    std::optional<AgentNews> next(Which which, bool& is_sum);
    void append_record(const AgentNews& news, bool is_sum);

    SpoolWriter& spool_;
    OpenBatch& batch_;
    Mailbox& mailbox_;
    Clock& clock_;
    NewsQueue news_;
    DeadLetters dead_letters_;
    Repeats repeats_;
};

}  // namespace llmtrail
