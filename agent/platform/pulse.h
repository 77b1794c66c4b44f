// Whether a worker goes on: it says when it begins a turn and when it waits for something to do,
// and somebody looks now and then. A turn that does not end is silence. The worker's thread beats,
// one other looks; neither waits for the other.
#pragma once

#include <atomic>
#include <cstdint>

namespace llmtrail {

class Pulse {
 public:
    void begin_turn() {
        waits_.store(false, std::memory_order_relaxed);
        turns_.fetch_add(1, std::memory_order_relaxed);
    }

    void begin_waiting() { waits_.store(true, std::memory_order_relaxed); }

    // Since the last look a turn began, or there is none to end.
    bool look() {
        uint64_t turns = turns_.load(std::memory_order_relaxed);
        bool moved = turns != seen_;
        seen_ = turns;
        return moved || waits_.load(std::memory_order_relaxed);
    }

 private:
    std::atomic<uint64_t> turns_{0};
    std::atomic<bool> waits_{true};
    uint64_t seen_ = 0;
};

}  // namespace llmtrail
