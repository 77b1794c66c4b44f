// From deliver to ingest: confirmations, totals and news about outputs, which ingest writes into
// the spool. Bounded: only the latest cursors and totals are kept, and news is merged beyond
// kNewsMax. Served even while sources are stopped. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/ledger.h"
#include "pipeline/news_queue.h"

namespace llmtrail {

using Cursors = std::vector<std::pair<std::string, uint64_t>>;

class Mailbox {
 public:
    // `on_news` is called after put_news(), from the thread that put it: it wakes ingest.
    explicit Mailbox(std::function<void()> on_news = {}) : on_news_(std::move(on_news)) {}

    void put_cursors(Cursors cursors);
    void put_outputs(std::vector<OutputTotals> totals);
    void put_news(AgentNews news);

    struct Letters {
        bool cursors_changed = false;
        Cursors cursors;
        std::vector<OutputTotals> outputs;
        std::vector<AgentNews> news;
    };

    Letters take();

 private:
    std::function<void()> on_news_;
    std::mutex mutex_;
    Letters letters_;
};

}  // namespace llmtrail
