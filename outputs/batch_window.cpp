#include "outputs/batch_window.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace llmtrail {

// The first batch that ends behind `index`.
size_t BatchWindow::first_not_before(uint64_t index) const {
    auto found = std::partition_point(
        batches_.begin(), batches_.end(),
        [index](const std::unique_ptr<EventBatch>& batch) { return batch->end_index <= index; });
    return static_cast<size_t>(found - batches_.begin());
}

EventBatch* BatchWindow::lost_batch_of(uint64_t index) const {
    if (lost_ == 0 || index >= offered_end_) {
        return nullptr;
    }
    size_t at = first_not_before(index);
    if (at == batches_.size() || batches_[at]->first_index > index ||
        batches_[at]->state != EventBatchState::kLost) {
        return nullptr;
    }
    return batches_[at].get();
}

BatchWindow::Place BatchWindow::place_of(const EventBatch& batch) {
    auto place =
        batches_.begin() + static_cast<std::ptrdiff_t>(first_not_before(batch.first_index));
    LLMTRAIL_CHECK(place != batches_.end() && place->get() == &batch);
    return place;
}

// Events are offered in order: what was lost and is not offered when its turn comes is not in the
// spool any more.
void BatchWindow::forget_unreachable(uint64_t index) {
    if (lost_ == 0) {
        return;
    }
    size_t end = first_not_before(index);
    for (size_t at = end; at-- > 0;) {
        if (batches_[at]->state == EventBatchState::kLost) {
            if (batches_[at].get() == open_from_) {
                close_open();
            }
            batches_.erase(batches_.begin() + static_cast<std::ptrdiff_t>(at));
            --lost_;
        }
    }
}

BatchWindow::Look BatchWindow::look(uint64_t index) {
    if (must_rewind()) {
        return Look::kRefuse;
    }
    forget_unreachable(index);
    if (index >= offered_end_ || lost_batch_of(index) != nullptr) {
        return Look::kWanted;
    }
    position_ = index + 1;
    return Look::kHeld;
}

// A batch holds events of one lost batch or new ones: between two of them others may have been
// confirmed, and its range must not cover those.
bool BatchWindow::open_takes(uint64_t index, size_t entry_bytes, const EventBatch* lost) {
    if (open_ == nullptr) {
        return false;
    }
    size_t events_max = index < isolate_until_ ? isolate_events_max_ : SIZE_MAX;
    if (open_->events.size() >= events_max || open_->body.size() + entry_bytes > batch_bytes_max_) {
        return false;
    }
    return open_from_ == lost;
}

void BatchWindow::take_out_of_lost(EventBatch& lost, uint64_t index) {
    ++resent_;
    lost.first_index = index + 1;
    if (lost.first_index >= lost.end_index) {
        auto at = std::find_if(batches_.begin(), batches_.end(),
                               [&](const auto& batch) { return batch.get() == &lost; });
        batches_.erase(at);
        --lost_;
        close_open();
    }
}

bool BatchWindow::take(uint64_t index, std::string_view entry, MonotonicNanos now) {
    if (buffered_bytes_ > 0 && buffered_bytes_ + entry.size() > limits_.buffered_bytes_max) {
        return false;
    }
    EventBatch* lost = lost_batch_of(index);
    if (!open_takes(index, entry.size(), lost)) {
        if (lost == nullptr && batches_.size() >= limits_.batches_max) {
            return false;
        }
        close_open();
        auto batch = std::make_unique<EventBatch>();
        batch->first_index = index;
        batch->opened = now;
        open_ = batch.get();
        open_from_ = lost;
        batches_.insert(batches_.begin() + static_cast<std::ptrdiff_t>(first_not_before(index)),
                        std::move(batch));
    }
    open_->body += entry;
    open_->end_index = index + 1;
    open_->events.push_back({index, open_->body.size()});
    buffered_bytes_ += entry.size();
    position_ = index + 1;
    offered_end_ = std::max(offered_end_, position_);
    if (open_->body.size() >= batch_bytes_max_) {
        close_open();
    }
    if (lost != nullptr) {
        take_out_of_lost(*lost, index);
    }
    return true;
}

void BatchWindow::isolate(uint64_t until_index, size_t events_max) {
    events_max = std::max<size_t>(events_max, 1);
    bool another = isolate_until_ > confirmed_end();
    isolate_events_max_ = another ? std::min(isolate_events_max_, events_max) : events_max;
    isolate_until_ = another ? std::max(isolate_until_, until_index) : until_index;
}

void BatchWindow::close_open() {
    if (open_ != nullptr) {
        open_->state = EventBatchState::kReady;
        open_ = nullptr;
        open_from_ = nullptr;
    }
}

EventBatch* BatchWindow::next_ready() {
    auto found = std::find_if(batches_.begin(), batches_.end(), [](const auto& batch) {
        return batch->state == EventBatchState::kReady;
    });
    return found == batches_.end() ? nullptr : found->get();
}

bool BatchWindow::has_ready() const {
    return std::any_of(batches_.begin(), batches_.end(),
                       [](const auto& batch) { return batch->state == EventBatchState::kReady; });
}

void BatchWindow::release(EventBatch& batch) {
    buffered_bytes_ -= batch.body.size();
    batch.body = std::string();
    batch.events = std::vector<BatchedEvent>();
}

void BatchWindow::accept(EventBatch& batch) {
    release(batch);
    batch.state = EventBatchState::kAccepted;
}

void BatchWindow::confirm(EventBatch& batch) {
    release(batch);
    batches_.erase(place_of(batch));
}

void BatchWindow::drop_front(EventBatch& batch, size_t count) {
    if (count >= batch.events.size()) {
        confirm(batch);
        return;
    }
    if (count == 0) {
        return;
    }
    size_t cut = batch.events[count - 1].end;
    batch.body.erase(0, cut);
    buffered_bytes_ -= cut;
    batch.events.erase(batch.events.begin(),
                       batch.events.begin() + static_cast<std::ptrdiff_t>(count));
    for (BatchedEvent& event : batch.events) {
        event.end -= cut;
    }
    batch.first_index = batch.events.front().index;
}

EventBatch& BatchWindow::split(EventBatch& batch, size_t at) {
    LLMTRAIL_CHECK(at > 0 && at < batch.events.size());
    batch.state = EventBatchState::kReady;
    size_t cut = batch.events[at - 1].end;
    auto rest = std::make_unique<EventBatch>();
    rest->state = EventBatchState::kReady;
    rest->opened = batch.opened;
    rest->first_index = batch.events[at].index;
    rest->end_index = batch.end_index;
    rest->body = batch.body.substr(cut);
    for (size_t i = at; i < batch.events.size(); ++i) {
        rest->events.push_back({batch.events[i].index, batch.events[i].end - cut});
    }
    auto after = place_of(batch) + 1;
    batch.body.resize(cut);
    batch.events.resize(at);
    batch.end_index = batch.events.back().index + 1;
    return **batches_.insert(after, std::move(rest));
}

void BatchWindow::split(EventBatch& batch) {
    batch.state = EventBatchState::kReady;
    if (batch.events.size() > 1) {
        split(batch, batch.events.size() / 2);
    }
}

size_t BatchWindow::half_of(const EventBatch& batch) const {
    size_t most = limits_.body_bytes_max;
    return std::clamp(batch.body.size() / 2, std::min(kBatchBytesMin, most), most);
}

void BatchWindow::halve(EventBatch& batch) {
    limits_.body_bytes_max = half_of(batch);
    batch_bytes_max_ = std::min(batch_bytes_max_, limits_.body_bytes_max);
    split(batch);
}

void BatchWindow::note_too_slow(const EventBatch& batch) {
    batch_bytes_max_ = std::min(batch_bytes_max_, half_of(batch));
    batches_in_time_ = 0;
}

void BatchWindow::note_in_time() {
    if (++batches_in_time_ >= kBatchesUntilGrowth) {
        batch_bytes_max_ = std::min(batch_bytes_max_ * 2, limits_.body_bytes_max);
        batches_in_time_ = 0;
    }
}

void BatchWindow::lose(EventBatch& batch) {
    release(batch);
    batch.state = EventBatchState::kLost;
    ++lost_;
}

bool BatchWindow::must_rewind() const {
    if (lost_ == 0) {
        return false;
    }
    auto lost = std::find_if(batches_.begin(), batches_.end(), [](const auto& batch) {
        return batch->state == EventBatchState::kLost;
    });
    return (*lost)->first_index < position_;
}

bool BatchWindow::rewind(uint64_t& from) {
    if (!must_rewind()) {
        return false;
    }
    auto lost = std::find_if(batches_.begin(), batches_.end(), [](const auto& batch) {
        return batch->state == EventBatchState::kLost;
    });
    from = (*lost)->first_index;
    position_ = from;
    close_open();
    return true;
}

uint64_t BatchWindow::confirmed_end() const {
    return batches_.empty() ? offered_end_ : batches_.front()->first_index;
}

}  // namespace llmtrail
