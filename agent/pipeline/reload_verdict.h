// What became of a request to reload, for who asked (`llmtrail reload`), for the log of the agent,
// and as an agent record of class 703 or 704. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "pipeline/news_queue.h"

namespace llmtrail {

enum class ReloadOutcome : uint8_t {
    kAccepted,
    kUnchanged,      // read again, and every value is as it was
    kRefused,        // errors: what was in force stays so, all of it
    kRestartNeeded,  // so does it
    kForbidden,      // not for this user: nothing was read
};

struct ReloadVerdict {
    ReloadOutcome outcome = ReloadOutcome::kRefused;
    std::string asked_by;             // "user 0", "signal SIGHUP"
    uint64_t generation = 0;          // of what is in force now
    Bytes digest;                     // of what is in force now
    Bytes digest_before;              // equal to `digest` unless accepted
    Bytes digest_read;                // of the files as they are; empty: none was read
    std::vector<std::string> keys;    // changed, or those that need a restart
    std::vector<std::string> errors;  // several lines each, safe for a terminal
};

std::string_view outcome_word(ReloadOutcome outcome);  // "accepted", ..., "restart needed"

// One JSON object and a newline (docs/status.md), never longer than a local answer may be.
std::string reload_json(const ReloadVerdict& verdict);

// The first error in one line of valid UTF-8; "" when there is none.
std::string first_error(const ReloadVerdict& verdict);

AgentNews reload_news(const ReloadVerdict& verdict);

}  // namespace llmtrail
