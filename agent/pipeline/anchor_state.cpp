#include "pipeline/anchor_state.h"

#include <algorithm>

namespace llmtrail {

void AnchorState::resume(const AnchorTotals& totals, UnixNanos wall, MonotonicNanos now) {
    anchored_size_ = totals.anchored_size;
    holder_ = totals.holder;
    sealed_size_ = totals.sealed_size;
    if (sealed_size_ > anchored_size_ && totals.unanchored_since_ns > 0) {
        int64_t age_ns = std::max<int64_t>(0, wall.value - totals.unanchored_since_ns);
        unanchored_.push_back({sealed_size_, {now.value - age_ns}});
    }
}

void AnchorState::note_seal(uint64_t tree_size, MonotonicNanos now) {
    if (tree_size <= sealed_size_) {
        return;
    }
    sealed_size_ = tree_size;
    if (unanchored_.size() < kUnanchoredSealsMax) {
        unanchored_.push_back({tree_size, now});
        return;
    }
    // Half as many, each with the age of the older: never younger than the truth.
    for (size_t i = 0; i + 1 < unanchored_.size(); ++i) {
        unanchored_[i].tree_size = unanchored_[i + 1].tree_size;
        unanchored_.erase(unanchored_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
    unanchored_.push_back({tree_size, now});
}

void AnchorState::note_anchor(uint64_t tree_size, const std::string& holder, MonotonicNanos now) {
    anchored_at_ = now;
    if (tree_size <= anchored_size_) {
        return;
    }
    anchored_size_ = tree_size;
    holder_ = holder;
    while (!unanchored_.empty() && unanchored_.front().tree_size <= anchored_size_) {
        unanchored_.pop_front();
    }
}

int64_t AnchorState::unanchored_ms(MonotonicNanos now) const {
    return unanchored_.empty() ? 0 : std::max<int64_t>(0, now.millis_since(unanchored_.front().at));
}

AnchorTotals AnchorState::totals(UnixNanos wall, MonotonicNanos now) const {
    AnchorTotals totals;
    bool fresh = anchored_at_ && now.millis_since(*anchored_at_) <= fresh_ms_;
    totals.state = !may_anchor_ ? kSentNotAnchored : fresh ? "anchored" : "not anchored";
    totals.holder = holder_;
    totals.anchored_size = anchored_size_;
    totals.sealed_size = sealed_size_;
    totals.unanchored_ms = unanchored_ms(now);
    totals.unanchored_since_ns =
        unanchored_.empty() ? 0 : wall.value - totals.unanchored_ms * kNanosPerMilli;
    return totals;
}

}  // namespace llmtrail
