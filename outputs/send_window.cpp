#include "outputs/send_window.h"

#include <algorithm>

namespace llmtrail {

bool SendWindow::add(uint64_t index, size_t frame_bytes) {
    offered_bytes_ += frame_bytes;
    in_flight_.push_back({index, offered_bytes_, frame_bytes});
    bool again = index < offered_end_;
    offered_end_ = std::max(offered_end_, index + 1);
    return again;
}

void SendWindow::confirm(uint64_t end_byte) {
    while (!in_flight_.empty() && in_flight_.front().end_byte <= end_byte) {
        Sent sent = in_flight_.front();
        in_flight_.pop_front();
        confirmed_end_ = std::max(confirmed_end_, sent.index + 1);
        if (sent.index >= rewound_end_) {
            recent_.push_back(sent);
            recent_bytes_ += sent.bytes;
        }
    }
    while (recent_.size() > 1 && recent_bytes_ > kResendWindowBytes) {
        recent_bytes_ -= recent_.front().bytes;
        recent_.pop_front();
    }
}

std::optional<uint64_t> SendWindow::rewind() {
    std::optional<uint64_t> from;
    if (!in_flight_.empty()) {
        from = in_flight_.front().index;
    }
    if (!recent_.empty()) {
        rewound_end_ = std::max(rewound_end_, recent_.back().index + 1);
        from = std::min(from.value_or(UINT64_MAX), recent_.front().index);
    }
    in_flight_.clear();
    forget_recent();
    offered_bytes_ = 0;
    return from;
}

}  // namespace llmtrail
