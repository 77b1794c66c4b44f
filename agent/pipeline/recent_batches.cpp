#include "pipeline/recent_batches.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

void RecentBatches::push(std::shared_ptr<const Batch> batch) {
    std::lock_guard lock(mutex_);
    bytes_ += batch->memory_bytes();
    durable_end_ = std::max(durable_end_, batch->end_index());
    batches_.push_back(std::move(batch));
    while (bytes_ > kRecentBytesMax && batches_.size() > 1) {
        bytes_ -= batches_.front()->memory_bytes();
        batches_.pop_front();
    }
}

void RecentBatches::set_durable_end(uint64_t index) {
    std::lock_guard lock(mutex_);
    durable_end_ = std::max(durable_end_, index);
}

uint64_t RecentBatches::durable_end() const {
    std::lock_guard lock(mutex_);
    return durable_end_;
}

std::shared_ptr<const Batch> RecentBatches::find(uint64_t index) const {
    std::lock_guard lock(mutex_);
    // Below the first one kept, what is asked for may stand in the spool, or lie in a gap: the
    // spool knows.
    if (batches_.empty() || index < batches_.front()->first_index) {
        return nullptr;
    }
    auto found = std::partition_point(batches_.begin(), batches_.end(), [&](const auto& batch) {
        return batch->end_index() <= index;
    });
    return found == batches_.end() ? nullptr : *found;
}

}  // namespace llmtrail
