#include "pipeline/metrics_file.h"

#include <algorithm>
#include <utility>

#include "pipeline/metrics_text.h"

namespace llmtrail {

MetricsFile::MetricsFile(const Settings& settings, FileSystem& files, Clock& clock, Log& log)
    : path_(settings.metrics_textfile),
      spool_directory_(settings.spool.directory),
      files_(files),
      clock_(clock),
      log_(log),
      next_(clock.monotonic_now()) {
    adopt(settings);
}

void MetricsFile::adopt(const Settings& settings) {
    spool_bytes_max_ = settings.spool.max_size_bytes;
    spool_free_bytes_min_ = settings.spool.min_free_bytes;
}

int64_t MetricsFile::wait_ms(int64_t timeout_ms) const {
    if (path_.empty()) {
        return timeout_ms;
    }
    int64_t left_ns = next_.value - clock_.monotonic_now().value;
    int64_t left_ms = left_ns <= 0 ? 0 : left_ns / kNanosPerMilli + 1;
    return timeout_ms < 0 ? left_ms : std::min(timeout_ms, left_ms);
}

void MetricsFile::write_when_due(const StatusBoard& status) {
    MonotonicNanos now = clock_.monotonic_now();
    if (!path_.empty() && now >= next_) {
        next_ = now.after_millis(kMetricsIntervalMs);
        write(status.read(), true);
    }
}

void MetricsFile::write_last(const StatusBoard& status) {
    if (!path_.empty()) {
        write(status.read(), false);
    }
}

void MetricsFile::write(const AgentStatus& status, bool running) {
    MetricsSnapshot snapshot;
    snapshot.status = status;
    if (Result<SpoolUsage> usage = spool_usage(spool_directory_, files_)) {
        snapshot.spool = *usage;
    }
    snapshot.spool_bytes_max = spool_bytes_max_;
    snapshot.spool_free_bytes_min = spool_free_bytes_min_;
    snapshot.running = running;
    snapshot.now = clock_.wall_now();
    snapshot.monotonic_now = clock_.monotonic_now();
    Result<void> written = files_.replace_file(path_, metrics_text(snapshot), kMetricsMode);
    if (written) {
        failing_ = false;
    } else if (!std::exchange(failing_, true)) {
        log_.warn({"metrics are not written: ", written.error()});
    }
}

}  // namespace llmtrail
