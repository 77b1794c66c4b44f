// What the threads of the pipeline share beside RecentBatches and Mailbox: when to stop, how far
// they are, and how they wake each other. Any thread; nothing in it blocks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "platform/clock.h"
#include "platform/wait.h"

namespace llmtrail {

struct ThreadFlags {
    std::unique_ptr<Waker> wake_ingest;
    std::unique_ptr<Waker> wake_deliver;
    std::unique_ptr<Waker> wake_main;
    std::atomic<bool> stop_ingest{false};
    std::atomic<bool> caught_up{false};
    std::atomic<bool> failed{false};
    std::atomic<uint64_t> committed_records{0};
    std::atomic<bool> stop_deliver{false};
    std::atomic<int64_t> deliver_deadline{
        INT64_MAX};  // monotonic ns; read once stop_deliver is set
    std::atomic<bool> deliver_ended{false};

    Result<void> make_wakers();

    void fail() {  // ends the run
        failed.store(true);
        wake_main->wake();
    }

    // The earliest that was said counts. Called by the main thread only.
    void limit_delivering(MonotonicNanos deadline);
};

}  // namespace llmtrail
