// Writes the metrics of the agent for node_exporter's textfile collector: every kMetricsIntervalMs
// and once at the end. What fails is logged once and tried again with the next; nothing of the work
// waits for it. Main thread.
#pragma once

#include <cstdint>
#include <string>

#include "config/settings.h"
#include "log/log.h"
#include "pipeline/status_board.h"
#include "platform/clock.h"
#include "platform/file_system.h"

namespace llmtrail {

inline constexpr int64_t kMetricsIntervalMs = 15'000;
inline constexpr uint32_t kMetricsMode = 0644;  // numbers and ids: another user's node_exporter

class MetricsFile {
 public:
    // Without `metrics.textfile` it never has anything to do.
    MetricsFile(const Settings& settings, FileSystem& files, Clock& clock, Log& log);

    void adopt(const Settings& settings);  // of a reload

    // At most `timeout_ms` (-1: any time): until write_when_due() has something to do.
    int64_t wait_ms(int64_t timeout_ms) const;

    void write_when_due(const StatusBoard& status);
    void write_last(const StatusBoard& status);  // of an agent that has stopped

 private:
    void write(const AgentStatus& status, bool running);

    std::string path_;
    std::string spool_directory_;
    uint64_t spool_bytes_max_ = 0;
    uint64_t spool_free_bytes_min_ = 0;
    FileSystem& files_;
    Clock& clock_;
    Log& log_;
    MonotonicNanos next_;  // at once
    bool failing_ = false;
};

}  // namespace llmtrail
