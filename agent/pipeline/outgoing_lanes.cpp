#include "pipeline/outgoing_lanes.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

static constexpr int64_t kLookAgainMs = 5;

bool OutgoingLanes::is_touched(const Lane& lane) const {
    std::string id(lane.id());
    bool stays =
        std::find(change_->order.begin(), change_->order.end(), id) != change_->order.end();
    return !stays || change_->lanes.count(id) != 0;
}

void OutgoingLanes::begin(DeliverChange change, Lanes& lanes, MonotonicNanos now) {
    change_ = std::move(change);
    offers_until_ = now.after_millis(kLastOffersMs);
    farewell_until_ = offers_until_.after_millis(kLastFarewellMs);
    for (const auto& lane : lanes) {
        if (is_touched(*lane)) {
            lane->stop_at(change_->told_end);
        }
    }
    auto is_there = [&](const std::string& id) {
        return std::any_of(lanes.begin(), lanes.end(),
                           [&](const auto& lane) { return lane->id() == id; });
    };
    for (const std::string& id : change_->order) {
        auto parts = change_->lanes.find(id);
        if (parts != change_->lanes.end() && !is_there(id)) {
            lanes.push_back(change_->make_lane(std::move(parts->second), change_->start_index,
                                               change_->start_index));
            lanes.back()->count_from(change_->committed_before);
            change_->lanes.erase(parts);
        }
    }
}

// Nothing that is in flight is confirmed by an output that is down.
bool OutgoingLanes::has_ended(Lane& lane, MonotonicNanos now) const {
    bool offered =
        lane.drained() || lane.output().health() != OutputHealth::kUp || now >= offers_until_;
    return offered && (lane.output().finish() || now >= farewell_until_ ||
                       lane.output().health() != OutputHealth::kUp);
}

bool OutgoingLanes::go_on(Lanes& lanes, MonotonicNanos now) {
    if (!change_) {
        return false;
    }
    bool waits = false;
    for (auto& lane : lanes) {
        if (!is_touched(*lane)) {
            continue;
        }
        if (!has_ended(*lane, now)) {
            waits = true;
            continue;
        }
        auto parts = change_->lanes.find(std::string(lane->id()));
        Lane::End end = lane->end();
        lane.reset();
        if (parts != change_->lanes.end()) {
            lane = change_->make_lane(std::move(parts->second), end.cursor, end.first_new_index);
            lane->mark_resent_below(end.offered_end);
            lane->count_from(end.committed_before);
            change_->lanes.erase(parts);
        }
    }
    std::erase(lanes, nullptr);
    if (waits) {
        return false;
    }
    put_in_order(lanes);
    change_.reset();
    return true;
}

void OutgoingLanes::put_in_order(Lanes& lanes) const {
    auto place = [this](const std::unique_ptr<Lane>& lane) {
        return std::find(change_->order.begin(), change_->order.end(), lane->id()) -
               change_->order.begin();
    };
    std::stable_sort(lanes.begin(), lanes.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

int64_t OutgoingLanes::wait_ms(MonotonicNanos now) const {
    if (!change_) {
        return -1;
    }
    int64_t left = farewell_until_.value > now.value ? farewell_until_.millis_since(now) + 1 : 0;
    return std::min(left, kLookAgainMs);
}

}  // namespace llmtrail
