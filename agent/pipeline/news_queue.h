// What is to become agent records, kept bounded: of one class and subject so many are let through
// at once, and one every interval after that; what comes faster is counted in the next one. So
// neither a log that is truncated a thousand times a second nor an output that flaps for a year can
// fill the spool with records that say so, and the count of what was not written is written. Equal
// news is merged, but for outputs that go down and come back: there each time is a record
// (pipeline/repeats sees to it that each is not an event). Pure; the mailbox and ingest.
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

inline constexpr size_t kNewsMax = 256;  // waiting at one time, and one more of each kind

// How often news of one class and subject becomes a record.
struct NewsRate {
    int64_t burst = 0;
    int64_t interval_ms = 0;
};

inline constexpr NewsRate kNewsRate{12, 10'000};
// A minute of the shortest waits of an output, then one a second.
inline constexpr NewsRate kFlapRate{600, 1'000};

// Becomes an agent record.
struct AgentNews {
    uint16_t event_class = 0;
    std::string subject;  // output or source id
    std::string detail;   // our own words; never text from a log
    uint32_t count = 1;
};

// Appends, or counts in an equal one; beyond kNewsMax in one of the same class and subject, if
// there is one, the newest words kept.
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
        NewsRate rate;
        int64_t left = 0;
        MonotonicNanos refilled;
        std::optional<AgentNews> held;
    };

    Allowance& allowance_of(const AgentNews& news, MonotonicNanos now);
    static void refill(Allowance& allowance, MonotonicNanos now);

    std::vector<AgentNews> ready_;
    std::map<std::pair<uint16_t, std::string>, Allowance>
        allowances_;  // by class and subject: ids of the configuration
};

}  // namespace llmtrail
