// A dead letter: an event that its receiver will never take. It is told by an agent record of class
// 604, so that the list of them stands in the spool and nowhere else. Both ways between the two are
// here. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/news_queue.h"
#include "record/audit_record.h"

namespace llmtrail {

struct DeadLetter {
    std::string output;
    uint64_t index = 0;    // of its record in the spool
    std::string event_id;  // base32, as in the event
    uint16_t event_class = 0;
    std::string reason;  // our own words

    bool operator==(const DeadLetter&) const = default;
};

// What the agent record says. Its time is when the event was given up.
AgentNews news_of(const DeadLetter& letter);

// Empty: the record tells of no dead letter, or did not come from the agent itself.
std::optional<DeadLetter> dead_letter_of(const AuditRecord& record);

}  // namespace llmtrail
