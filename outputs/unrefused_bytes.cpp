#include "outputs/unrefused_bytes.h"

namespace llmtrail {

static constexpr int64_t kMarkMs = 50;

uint64_t UnrefusedBytes::look(uint64_t written, MonotonicNanos now) {
    bool grown = written > (marks_.empty() ? unrefused_ : marks_.back().written);
    if (grown && (marks_.empty() || now.millis_since(marks_.back().at) >= kMarkMs)) {
        marks_.push_back({written, now});
    }
    for (; !marks_.empty() && now.millis_since(marks_.front().at) >= kRefusalMs;
         marks_.pop_front()) {
        unrefused_ = marks_.front().written;
    }
    return unrefused_;
}

void UnrefusedBytes::clear() {
    marks_.clear();
    unrefused_ = 0;
}

}  // namespace llmtrail
