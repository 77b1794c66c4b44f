// From deliver and the anchor thread to ingest: confirmations, totals, news, dead letters and
// anchors, which ingest writes into the spool. Bounded: only the latest cursors and totals are
// kept, news is merged beyond kNewsMax, and lanes offer nothing while kDeadLettersMax dead letters
// wait. Served even while sources are stopped. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/dead_letter.h"
#include "pipeline/ledger.h"
#include "pipeline/news_queue.h"
#include "spool/anchor_frame.h"

namespace llmtrail {

inline constexpr size_t kDeadLettersMax = 1024;

using Cursors = std::vector<std::pair<std::string, uint64_t>>;

// A checkpoint has left the agent. It is an anchor when `anchors` says that somebody outside this
// host holds it, else it was only sent.
struct HeldCheckpoint {
    AnchorBody body;
    bool anchors = false;
    std::string words;  // for the policy of a PRUNE: "anchor of soc", "checkpoint sent to soc"
};

class Mailbox {
 public:
    // `on_news` is called after put_news(), from the thread that put it: it wakes ingest.
    explicit Mailbox(std::function<void()> on_news = {}) : on_news_(std::move(on_news)) {}

    void put_cursors(Cursors cursors);
    void put_outputs(std::vector<OutputTotals> totals);
    void put_news(AgentNews news);

    // Before the cursor that passes its event.
    void put_dead_letter(DeadLetter letter);

    // Put and not yet in the log. Ingest says when some are.
    size_t dead_letters_waiting() const;
    void note_dead_letters_sealed(size_t count);

    // Of one holder only the largest is kept.
    void put_held(HeldCheckpoint held);

    struct Letters {
        bool cursors_changed = false;
        Cursors cursors;
        std::vector<OutputTotals> outputs;
        std::vector<AgentNews> news;
        std::vector<DeadLetter> dead;
        std::vector<HeldCheckpoint> held;
    };

    Letters take();

 private:
    std::function<void()> on_news_;
    mutable std::mutex mutex_;
    Letters letters_;
    size_t dead_letters_waiting_ = 0;
};

}  // namespace llmtrail
