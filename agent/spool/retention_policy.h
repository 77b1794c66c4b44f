// What the spool is told about removing segments: the configuration's words, how far the log is
// vouched for outside this host, and who turns the spool's own news into records. Plain data; part
// of the face of spool.h.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/section.h"

namespace llmtrail {

struct RetentionPolicy {
    int64_t min_age_ms = 0;
    int64_t max_age_ms = int64_t{400} * 86'400'000;
    bool drop_oldest = false;
    std::vector<std::string> required_outputs;
};

// Every leaf below end_index is under an anchor or under a checkpoint that left the spool; `by`
// says which, in words for the PRUNE frame: "anchor of soc", "checkpoint sent to soc".
struct Coverage {
    uint64_t end_index = 0;
    std::string by;
};

enum class SpoolNewsKind : uint8_t {
    kFull,      // nothing may be removed: reading stops
    kFilling,   // 75 or 90 % of max_size may not be removed
    kDropping,  // unconfirmed records go, because the configuration says so
    kPruned,    // segments became leaf files
    kKept,      // a segment that should go is not what it was
    kErasing,   // keys of a section are about to be destroyed
};

struct SpoolNews {
    SpoolNewsKind kind = SpoolNewsKind::kFull;
    std::string detail;  // our own words
    uint64_t count = 0;  // records dropped, segments pruned or erased, per cent
};

// Makes the sections of a record of it. Called on the writer's thread, inside its calls.
using SpoolNarrator = std::function<std::array<Bytes, kSectionCount>(const SpoolNews&)>;

}  // namespace llmtrail
