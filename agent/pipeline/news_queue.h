// What is to become agent records, kept bounded: equal news is merged, and of one class and subject
// no more than kNewsBurst at once and one every kNewsIntervalMs after that are let through; what
// comes faster is counted in the next one. So a log that is truncated a thousand times a second
// cannot fill the spool with records that say so. Pure; the mailbox and ingest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/clock.h"

namespace llmtrail {

inline constexpr size_t kNewsMax = 256;  // waiting at one time
inline constexpr int64_t kNewsBurst = 12;
inline constexpr int64_t kNewsIntervalMs = 10'000;

// Becomes an agent record.
struct AgentNews {
    uint16_t event_class = 0;
    std::string subject;  // output or source id
    std::string detail;   // our own words; never text from a log
    uint32_t count = 1;
};

// Appends, or counts in an equal one; beyond kNewsMax in one of the same class and subject, the
// newest words kept.
void merge_news(std::vector<AgentNews>& waiting, AgentNews news);

// Never beyond what the count holds.
void count_in(uint32_t& count, uint32_t more);

class NewsQueue {
 public:
    void add(AgentNews news, MonotonicNanos now);

    // The next that may become a record. `all`: whatever its rate, at shutdown.
    std::optional<AgentNews> take(MonotonicNanos now, bool all = false);

    int64_t wait_ms(MonotonicNanos now) const;  // until take() gives something; -1: nothing waits

 private:
    struct Allowance {
        int64_t left = kNewsBurst;
        MonotonicNanos refilled;
        std::optional<AgentNews> held;
    };

    void refill(Allowance& allowance, MonotonicNanos now) const;

    std::vector<AgentNews> ready_;
    std::map<std::pair<uint16_t, std::string>, Allowance>
        allowances_;  // by class and subject: ids of the configuration
};

}  // namespace llmtrail
