// Which records are sealed and not sent as events, because many of their kind came within a minute:
// unparsable documents of one source (605), dead letters (604), and an output that goes down and
// comes back (710, 711). The first of a kind goes out at once; those that follow within the minute
// are marked, and when it is over an agent record of the same class says how many there were. While
// they go on coming that is one event a minute. What was counted and not yet told is forgotten when
// the process ends without an order; the records themselves are in the spool. Ingest thread; the
// mark is read by the lanes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/news_queue.h"
#include "platform/clock.h"
#include "record/audit_record.h"

namespace llmtrail {

inline constexpr int64_t kRepeatWindowMs = 60'000;

class Repeats {
 public:
    // Counts a record of `event_class` about `subject`, and marks it when it is a repeat.
    void note(AuditRecord& record, uint16_t event_class, std::string_view subject,
              MonotonicNanos now);

    // What a minute brought, when it is over. `all`: whether it is or not, at shutdown.
    std::optional<AgentNews> take(MonotonicNanos now, bool all = false);

    int64_t wait_ms(MonotonicNanos now) const;  // until take() may give something; -1: never

 private:
    struct Window {
        MonotonicNanos begun;
        uint32_t repeats = 0;
    };

    std::map<std::pair<uint16_t, std::string>, Window, std::less<>>
        windows_;  // subjects are ids of the configuration
};

// The mark; never believed of a record that could have brought it from a log.
bool is_repeat(const AuditRecord& record);

}  // namespace llmtrail
