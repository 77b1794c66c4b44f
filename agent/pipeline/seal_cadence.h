// When the spool is sealed: when it says so (seal_interval after the first unsealed frame), and as
// a heartbeat when nothing happened. One that failed is tried again after kSealRetryMs and logged
// once. Ingest thread only.
#pragma once

#include <cstdint>
#include <optional>

#include "log/log.h"
#include "platform/clock.h"
#include "spool/spool.h"

namespace llmtrail {

inline constexpr int64_t kSealRetryMs = 1000;

class SealCadence {
 public:
    SealCadence(SpoolWriter& spool, Clock& clock, Log& log, int64_t heartbeat_interval_ms);

    void set_heartbeat_interval(int64_t interval_ms) { heartbeat_interval_ms_ = interval_ms; }

    std::optional<SealReason> due() const;
    void seal(SealReason reason);

    // Until due(), at most `at_most_ms`.
    int64_t wait_ms(int64_t at_most_ms) const;

    MonotonicNanos sealed() const { return sealed_; }  // when one last was written

    bool failed() const { return failed_; }  // with an error that no retry heals

 private:
    SpoolWriter& spool_;
    Clock& clock_;
    Log& log_;
    int64_t heartbeat_interval_ms_;
    MonotonicNanos last_;
    MonotonicNanos sealed_;
    MonotonicNanos retry_;
    bool failing_ = false;
    bool failed_ = false;
};

}  // namespace llmtrail
