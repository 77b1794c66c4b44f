#include "pipeline/checkpoints.h"

#include <algorithm>
#include <utility>

#include "pipeline/checkpoint_record.h"
#include "record/record_codec.h"

namespace llmtrail {

static uint64_t lowest(const Cursors& cursors) {
    uint64_t index = cursors.empty() ? 0 : UINT64_MAX;
    for (const auto& [output, confirmed_end] : cursors) {
        index = std::min(index, confirmed_end);
    }
    return index;
}

Checkpoints::Checkpoints(SpoolWriter& spool, Clock& clock, Log& log, int64_t interval_ms,
                         AnchorPlan plan)
    : spool_(spool),
      clock_(clock),
      log_(log),
      interval_ms_(interval_ms),
      plan_(std::move(plan)),
      state_(plan_.may_anchor, std::max(interval_ms, plan_.holder_interval_ms)),
      next_(clock.monotonic_now()) {
    AnchorTotals before = decode_anchor_totals(spool.recovered().ledger);
    state_.resume(before, clock.wall_now(), clock.monotonic_now());
    if (plan_.may_anchor && before.anchored_size > 0) {
        covered_ = before.anchored_size;
        spool_.note_coverage({covered_, "anchor of " + before.holder});
    }
    note_seal();
}

void Checkpoints::adopt(int64_t interval_ms, bool may_anchor, int64_t holder_interval_ms) {
    MonotonicNanos soonest = clock_.monotonic_now().after_millis(interval_ms);
    next_ = std::min(next_, soonest, [](auto a, auto b) { return a.value < b.value; });
    interval_ms_ = interval_ms;
    plan_.may_anchor = may_anchor;
    plan_.holder_interval_ms = holder_interval_ms;
    state_.adopt(may_anchor, std::max(interval_ms, holder_interval_ms));
}

bool Checkpoints::due() const {
    return clock_.monotonic_now() >= next_;
}

int64_t Checkpoints::wait_ms() const {
    int64_t left_ns = next_.value - clock_.monotonic_now().value;
    return std::max<int64_t>(0, left_ns / kNanosPerMilli + 1);
}

void Checkpoints::note_seal() {
    uint64_t size = spool_.sealed_size();
    state_.note_seal(size, clock_.monotonic_now());
    if (root_size_ != size) {  // a checkpoint is signed: not for a seal that covers nothing new
        root_size_ = size;
        sealed_root_ = spool_.checkpoint().body.root;
    }
}

const std::array<Bytes, kSectionCount>& Checkpoints::make(const Cursors& cursors) {
    next_ = clock_.monotonic_now().after_millis(interval_ms_);
    Checkpoint checkpoint = spool_.checkpoint();
    AuditRecord record;
    fill_checkpoint_record(record, checkpoint, lowest(cursors), totals(), clock_.wall_now());
    sections_ = {};
    encode_record(record, sections_);
    if (plan_.submit) {
        plan_.submit(checkpoint);
    }
    return sections_;
}

void Checkpoints::take(const std::vector<HeldCheckpoint>& held) {
    for (const HeldCheckpoint& one : held) {
        if (one.anchors) {
            Result<void> written = spool_.append_anchor(one.body);
            if (!written && !std::exchange(failing_, true)) {
                log_.error({"writing an anchor: ", written.error()});
            }
            if (!written) {
                continue;
            }
            failing_ = false;
            state_.note_anchor(one.body.tree_size, one.body.holder, clock_.monotonic_now());
        }
        if (one.anchors == plan_.may_anchor && one.body.tree_size > covered_) {
            covered_ = one.body.tree_size;
            spool_.note_coverage({covered_, one.words});
        }
    }
}

AnchorTotals Checkpoints::totals() const {
    return state_.totals(clock_.wall_now(), clock_.monotonic_now());
}

}  // namespace llmtrail
