// What the agent is doing now, for `llmtrail status`: each worker puts its part as a whole, the
// main thread reads all of it. Numbers of one worker agree with each other; those of two may be a
// moment apart. Any thread; nothing in it blocks for longer than a copy.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "outputs/output.h"
#include "pipeline/ledger.h"
#include "pipeline/spool_usage.h"
#include "platform/clock.h"

namespace llmtrail {

inline constexpr int64_t kStatusIntervalMs = 250;  // while a worker has no time to wait

struct SourceStatus {
    SourceTotals totals;
    uint64_t lag_bytes = 0;  // known to be unread
};

struct OutputStatus {
    OutputTotals totals;
    OutputHealth health = OutputHealth::kIdle;
    std::string last_error;                // of the present outage; "" while it is up
    std::optional<MonotonicNanos> failed;  // when it was last down; none: never in this run
    CertificateEnds certificate_ends;
};

// Left of the spool, and the spool.
struct IntakeStatus {
    std::vector<SourceStatus> sources;
    AnchorTotals anchors;
    Digest sealed_root{};   // of the tree under anchors.sealed_size leaves
    uint64_t log_size = 0;  // leaves: index of the next record
    MonotonicNanos sealed;  // when the last seal was written
};

// What is in force, and what the last reload came to.
struct ConfigurationStatus {
    uint64_t generation = 0;  // 1 at the start, one more with each reload that was accepted
    Bytes digest;             // SHA-256 of the files as they were read
    UnixNanos since;
    std::string last_verdict;  // "": none was asked for
    UnixNanos last_at;
    Bytes last_digest;
    std::string last_error;  // the first one, in one line of valid UTF-8
};

// As the configuration in force has it.
struct SpoolLimits {
    uint64_t bytes_max = 0;
    uint64_t free_bytes_min = 0;
};

struct AgentStatus {
    // Of this run.
    uint64_t generation = 0;
    UnixNanos started;
    std::string spool_directory;
    SpoolLimits spool_limits;
    ConfigurationStatus configuration;

    IntakeStatus intake;
    std::vector<OutputStatus> outputs;
};

class StatusBoard {
 public:
    void put_start(uint64_t generation, UnixNanos started, std::string spool_directory);
    void put_spool_limits(SpoolLimits limits);
    void put_configuration(ConfigurationStatus configuration);
    void put_intake(IntakeStatus intake);
    void put_outputs(std::vector<OutputStatus> outputs);

    AgentStatus read() const;

 private:
    mutable std::mutex mutex_;
    AgentStatus status_;
};

// One JSON object and a newline (docs/status.md). No usage: the spool's folder could not be read.
std::string status_json(const AgentStatus& status, const std::optional<SpoolUsage>& usage,
                        UnixNanos now);

}  // namespace llmtrail
