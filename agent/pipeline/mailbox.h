// From deliver to ingest: confirmations, totals and news about outputs, which ingest writes into the spool. Bounded:
// only the latest cursors and totals are kept, and news is merged beyond kNewsMax. Served even while sources are
// stopped. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/ledger.h"

namespace llmtrail {

inline constexpr size_t kNewsMax = 256;

// Becomes an agent record.
struct AgentNews {
    uint16_t event_class = 0;
    std::string subject;  // output or source id
    std::string detail;   // our own words; never text from a log
    uint32_t count = 1;
};

using Cursors = std::vector<std::pair<std::string, uint64_t>>;

class Mailbox {
 public:
    // `on_news` is called after put_news(), from the thread that put it: it wakes ingest.
    explicit Mailbox(std::function<void()> on_news = {})
        : on_news_(std::move(on_news)) {}

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
    void add(AgentNews news);

    std::function<void()> on_news_;
    std::mutex mutex_;
    Letters letters_;
};

}  // namespace llmtrail
