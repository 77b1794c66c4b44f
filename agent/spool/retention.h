// Which closed segments may go, which must, and why the others stay (docs/spool-format.md,
// "Pruning"). Pure: facts in, choice out; used by spool_writer, `check` and `status`. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "spool/control.h"
#include "spool/retention_policy.h"
#include "spool/segment_catalog.h"
#include "spool/spool_state.h"

namespace llmtrail {

enum class KeepReason : uint8_t {
    kNone,         // it may go
    kNewest,       // a start may need it when the open one is damaged
    kEvidence,     // not as a crash leaves it: somebody must look at it first
    kHeld,         // a legal hold names it
    kTooYoung,     // younger than retention.min_age
    kUnconfirmed,  // a required output has not confirmed its records
    kUncovered,    // no anchor, or no checkpoint that left the host, covers it
};

std::string_view keep_reason_text(KeepReason reason);

struct RetentionFacts {
    UnixNanos now;
    Cursors cursors;
    Coverage coverage;
    std::vector<LegalHold> holds;
};

// `newest`: the closed segment before the open one.
KeepReason why_kept(const SegmentFacts& segment, uint64_t newest, const RetentionPolicy& policy,
                    const RetentionFacts& facts);

struct PruneChoice {
    SegmentRange segments;
    PruneReason reason = PruneReason::kSpace;
    uint64_t bytes = 0;        // freed, about
    uint64_t unconfirmed = 0;  // leaves that a required output has not confirmed, when dropped
    std::string policy;        // for the PRUNE
};

// Oldest first: what is older than max_age, and what is needed to free `bytes_needed`. One choice a
// run of neighbours that go for the same reason.
std::vector<PruneChoice> choose_segments(const std::vector<SegmentFacts>& closed,
                                         const RetentionPolicy& policy, const RetentionFacts& facts,
                                         uint64_t bytes_needed);

// What may not go now, by reason, for `check`, `status` and the warnings at 75 and 90 %.
struct KeptBytes {
    KeepReason reason = KeepReason::kNone;
    uint64_t segments = 0;
    uint64_t bytes = 0;
};

std::vector<KeptBytes> sum_kept(const std::vector<SegmentFacts>& closed,
                                const RetentionPolicy& policy, const RetentionFacts& facts);

// The lowest cursor of the required outputs; 0 when one has none, without end when none is
// required.
uint64_t confirmed_end(const std::vector<std::string>& required_outputs, const Cursors& cursors);

}  // namespace llmtrail
