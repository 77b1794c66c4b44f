// Checkpoints of a running agent: when the next one is due, the record it becomes, who is asked to
// hold it, and what comes back. Clock-driven alone: nothing that the agent writes makes one sooner
// (docs/checkpoints.md, "When"). Ingest thread only. What fails is logged once and tried again with
// the next one.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/section.h"
#include "crypto/digest.h"
#include "log/log.h"
#include "pipeline/anchor_state.h"
#include "pipeline/mailbox.h"
#include "spool/spool.h"

namespace llmtrail {

struct AnchorPlan {
    bool may_anchor = false;  // an output acknowledges, or an authority or witness is configured
    int64_t holder_interval_ms = 0;                 // the shortest of them; 0: every checkpoint
    std::function<void(const Checkpoint&)> submit;  // to the anchor thread; empty: there is none
};

class Checkpoints {
 public:
    Checkpoints(SpoolWriter& spool, Clock& clock, Log& log, int64_t interval_ms, AnchorPlan plan);

    // After a reload: another interval, and whether somebody may anchor from now on.
    void adopt(int64_t interval_ms, bool may_anchor, int64_t holder_interval_ms);

    // At once after the start, then every interval.
    bool due() const;
    int64_t wait_ms() const;

    // After each seal.
    void note_seal();

    // The checkpoint of the last seal, as the sections of a record; it also goes to the holders.
    const std::array<Bytes, kSectionCount>& make(const Cursors& cursors);

    // Writes anchors into the log; what was only sent is noted for pruning where nobody anchors.
    void take(const std::vector<HeldCheckpoint>& held);

    AnchorTotals totals() const;

    // Of the tree under the last seal.
    const Digest& sealed_root() const { return sealed_root_; }

 private:
    SpoolWriter& spool_;
    Clock& clock_;
    Log& log_;
    int64_t interval_ms_;
    AnchorPlan plan_;
    AnchorState state_;
    MonotonicNanos next_;
    std::optional<uint64_t> root_size_;  // leaves under sealed_root_
    Digest sealed_root_{};
    uint64_t covered_ = 0;
    bool failing_ = false;
    std::array<Bytes, kSectionCount> sections_;
};

}  // namespace llmtrail
