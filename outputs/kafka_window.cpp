#include "outputs/kafka_window.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

bool KafkaWindow::pass_over(uint64_t index) {
    if (index < confirmed_end_) {
        return true;
    }
    if (taken_.erase(index) == 0) {
        return false;
    }
    in_flight_.push_back({index, 0, State::kTaken});
    settle_front();
    return true;
}

void KafkaWindow::add(uint64_t index, size_t value_bytes) {
    size_t bytes = value_bytes + kKafkaOverheadBytes;
    in_flight_.push_back({index, bytes, State::kWaiting});
    bytes_ += bytes;
    ++waiting_;
    offered_end_ = std::max(offered_end_, index + 1);
}

bool KafkaWindow::settle(uint64_t index, bool taken) {
    auto sent = std::lower_bound(in_flight_.begin(), in_flight_.end(), index,
                                 [](const Sent& one, uint64_t i) { return one.index < i; });
    if (sent == in_flight_.end() || sent->index != index || sent->state != State::kWaiting) {
        return false;
    }
    sent->state = taken ? State::kTaken : State::kFailed;
    bytes_ -= sent->bytes;
    --waiting_;
    failed_ = failed_ || !taken;
    settle_front();
    return true;
}

void KafkaWindow::settle_front() {
    while (!in_flight_.empty() && in_flight_.front().state == State::kTaken) {
        confirmed_end_ = std::max(confirmed_end_, in_flight_.front().index + 1);
        in_flight_.pop_front();
    }
}

std::optional<uint64_t> KafkaWindow::rewind() {
    std::optional<uint64_t> from;
    if (!in_flight_.empty()) {
        from = in_flight_.front().index;
    }
    for (const Sent& sent : std::exchange(in_flight_, {})) {
        if (sent.state == State::kTaken) {
            taken_.insert(sent.index);
        }
    }
    bytes_ = 0;
    waiting_ = 0;
    failed_ = false;
    return from;
}

}  // namespace llmtrail
