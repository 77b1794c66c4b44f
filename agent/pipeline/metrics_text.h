// The state of the agent in Prometheus' text format (docs/metrics.md). Labels are ids of the
// configuration and our own words: no text of a log, a receiver or a path is ever in it. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "pipeline/spool_usage.h"
#include "pipeline/status_board.h"

namespace llmtrail {

struct MetricsSnapshot {
    AgentStatus status;
    std::optional<SpoolUsage> spool;  // none: its folder could not be read
    uint64_t spool_bytes_max = 0;
    uint64_t spool_free_bytes_min = 0;
    bool running = true;
    UnixNanos now;
    MonotonicNanos monotonic_now;
};

std::string metrics_text(const MetricsSnapshot& snapshot);

}  // namespace llmtrail
