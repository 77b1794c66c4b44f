#include "pipeline/deliver.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

Deliver::Deliver(std::vector<std::unique_ptr<Lane>> lanes, Mailbox& mailbox, Clock& clock)
    : lanes_(std::move(lanes)), mailbox_(mailbox), clock_(clock) {}

bool Deliver::step() {
    bool moved = false;
    for (const auto& lane : lanes_) {
        moved = lane->step(clock_.monotonic_now()) || moved;
    }
    changed_ = outgoing_.go_on(lanes_, clock_.monotonic_now()) || changed_;
    mailbox_.put_cursors(cursors());
    return moved;
}

void Deliver::begin_change(DeliverChange change) {
    outgoing_.begin(std::move(change), lanes_, clock_.monotonic_now());
}

int64_t Deliver::wait_entries(std::vector<WaitEntry>& entries) const {
    int64_t timeout_ms = -1;
    auto at_most = [&](int64_t ms) {
        if (ms >= 0) {
            timeout_ms = timeout_ms < 0 ? ms : std::min(timeout_ms, ms);
        }
    };
    at_most(outgoing_.wait_ms(clock_.monotonic_now()));
    for (const auto& lane : lanes_) {
        OutputWait wait = lane->output().wait();
        if (wait.descriptor >= 0) {
            entries.push_back(WaitEntry{wait.descriptor, wait.wants, false});
        }
        at_most(wait.timer_ms);
        at_most(lane->wait_ms(clock_.monotonic_now()));
    }
    return timeout_ms;
}

bool Deliver::drained() const {
    return std::all_of(lanes_.begin(), lanes_.end(),
                       [](const auto& lane) { return lane->drained(); });
}

bool Deliver::acknowledges() const {
    return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) {
        return lane->output().confirmation() == Confirmation::kAcknowledged;
    });
}

bool Deliver::finish() {
    bool ended = true;
    for (const auto& lane : lanes_) {
        ended = lane->output().finish() && ended;
    }
    return ended;
}

std::vector<OutputStatus> Deliver::status(uint64_t committed_records) const {
    std::vector<OutputStatus> all;
    for (const auto& lane : lanes_) {
        all.push_back(lane->status(committed_records));
    }
    return all;
}

std::vector<OutputTotals> Deliver::totals(uint64_t committed_records) const {
    std::vector<OutputTotals> totals;
    for (const auto& lane : lanes_) {
        totals.push_back(lane->totals(committed_records));
    }
    return totals;
}

Cursors Deliver::cursors() const {
    Cursors cursors;
    for (const auto& lane : lanes_) {
        cursors.emplace_back(lane->id(), lane->cursor());
    }
    return cursors;
}

}  // namespace llmtrail
