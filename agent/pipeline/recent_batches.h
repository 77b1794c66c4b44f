// The bridge from ingest to deliver: batches that were just synced, so that an output at the tail
// need not read the spool. Bounded in bytes; what has been let go is read from the spool. Ingest
// pushes, deliver takes; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "spool/batch.h"

namespace llmtrail {

inline constexpr size_t kRecentBytesMax = size_t{6} << 20;

class RecentBatches {
 public:
    // `next_index`: of the next record after this batch. Nothing below it is ever pushed again.
    void push(std::shared_ptr<const Batch> batch);

    // End of what is durable: records below it can be had, here or from the spool.
    void set_durable_end(uint64_t index);
    uint64_t durable_end() const;

    // The batch that holds `index`, or the first one after it when `index` falls into a gap between
    // batches. Null: not here; when index < durable_end() the spool has it.
    std::shared_ptr<const Batch> find(uint64_t index) const;

 private:
    mutable std::mutex mutex_;
    std::deque<std::shared_ptr<const Batch>> batches_;
    size_t bytes_ = 0;
    uint64_t durable_end_ = 0;
};

}  // namespace llmtrail
