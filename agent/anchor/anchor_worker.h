// The anchor thread: asks every holder that is due about the newest checkpoint, one after another,
// so that an authority that hangs stalls nobody else. Checkpoints that come while it is busy
// replace each other: only the newest matters. What it learns goes to `tell`, which is called on
// its thread and must not block. Made and ended by the pipeline.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "anchor/anchor_holder.h"
#include "anchor/http_post.h"
#include "platform/clock.h"

namespace llmtrail {

struct AnchorPost {
    std::unique_ptr<AnchorHolder> holder;
    int64_t interval_ms = 0;  // at least so long between two receipts; 0: every checkpoint
};

// One attempt.
struct AnchorOutcome {
    size_t post = 0;  // which of the list
    CheckpointBody body;
    Result<AnchorReceipt> receipt;
};

class AnchorWorker {
 public:
    using Tell = std::function<void(AnchorOutcome outcome)>;

    AnchorWorker(std::unique_ptr<HttpPoster> http, std::vector<AnchorPost> posts, Clock& clock,
                 Tell tell);
    ~AnchorWorker();  // stop()

    void submit(AnchorTask task);

    // Nothing submitted is left to do.
    bool idle() const;

    // Waits until idle, at most so long; then ends what is under way and the thread.
    void stop(int64_t patience_ms = 0);

 private:
    void loop();
    void ask_all(const AnchorTask& task);

    std::unique_ptr<HttpPoster> http_;
    std::vector<AnchorPost> posts_;
    std::vector<std::optional<MonotonicNanos>> anchored_at_;  // of the posts
    Clock& clock_;
    Tell tell_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<AnchorTask> next_;
    bool busy_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace llmtrail
