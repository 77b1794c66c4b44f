#include "outputs/relp_window.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

bool RelpWindow::pass_over(uint64_t index) {
    if (settled_.erase(index) == 0) {
        return false;
    }
    in_flight_.push_back({index, 0, kRelpOk});
    settle_front();
    return true;
}

bool RelpWindow::add(uint64_t index, uint32_t transaction) {
    in_flight_.push_back({index, transaction, std::nullopt});
    ++waiting_;
    bool again = index < offered_end_;
    offered_end_ = std::max(offered_end_, index + 1);
    return again;
}

bool RelpWindow::answer(uint32_t transaction, int code) {
    auto sent = std::find_if(in_flight_.begin(), in_flight_.end(), [&](const Sent& one) {
        return !one.code && one.transaction == transaction;
    });
    if (sent == in_flight_.end()) {
        return false;
    }
    sent->code = code;
    --waiting_;
    if (code != kRelpOk) {
        return true;
    }
    // The receiver takes events: what it refused before this one is not to its liking.
    for (auto before = in_flight_.begin(); before != sent; ++before) {
        if (before->code && *before->code != kRelpOk) {
            refused_.push_back({before->index, "RELP code " + std::to_string(*before->code)});
            before->code = kRelpOk;
        }
    }
    settle_front();
    return true;
}

void RelpWindow::settle_front() {
    while (!in_flight_.empty() && in_flight_.front().code == kRelpOk) {
        confirmed_end_ = std::max(confirmed_end_, in_flight_.front().index + 1);
        in_flight_.pop_front();
    }
}

bool RelpWindow::take_refused(RefusedEvent& refused) {
    if (refused_.empty()) {
        return false;
    }
    refused = std::move(refused_.front());
    refused_.pop_front();
    return true;
}

std::optional<int> RelpWindow::stuck_code() const {
    return waiting_ == 0 && in_flight() ? in_flight_.front().code : std::nullopt;
}

std::optional<uint64_t> RelpWindow::rewind() {
    std::optional<uint64_t> from;
    if (in_flight()) {
        from = in_flight_.front().index;
    }
    for (const Sent& sent : in_flight_) {
        if (sent.code == kRelpOk) {
            settled_.insert(sent.index);
        }
    }
    settled_.erase(settled_.begin(), settled_.lower_bound(confirmed_end_));
    in_flight_.clear();
    waiting_ = 0;
    return from;
}

}  // namespace llmtrail
