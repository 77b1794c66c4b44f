#include "anchor/anchor_worker.h"

#include <chrono>
#include <utility>

namespace llmtrail {

AnchorWorker::AnchorWorker(std::unique_ptr<HttpPoster> http, std::vector<AnchorPost> posts,
                           Clock& clock, Tell tell)
    : http_(std::move(http)),
      posts_(std::move(posts)),
      anchored_at_(posts_.size()),
      clock_(clock),
      tell_(std::move(tell)),
      thread_([this] { loop(); }) {}

AnchorWorker::~AnchorWorker() {
    stop();
}

void AnchorWorker::submit(AnchorTask task) {
    {
        std::lock_guard lock(mutex_);
        next_ = std::move(task);
    }
    changed_.notify_all();
}

bool AnchorWorker::idle() const {
    std::lock_guard lock(mutex_);
    return !busy_ && !next_;
}

void AnchorWorker::stop(int64_t patience_ms) {
    if (!thread_.joinable()) {
        return;
    }
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(patience_ms),
                          [this] { return !busy_ && !next_; });
        stopping_ = true;
        next_.reset();
    }
    changed_.notify_all();
    http_->cancel();
    thread_.join();
}

void AnchorWorker::loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || next_; });
        if (stopping_) {
            return;
        }
        AnchorTask task = std::move(*next_);
        next_.reset();
        busy_ = true;
        lock.unlock();
        ask_all(task);
        lock.lock();
        busy_ = false;
        changed_.notify_all();
    }
}

void AnchorWorker::ask_all(const AnchorTask& task) {
    for (size_t i = 0; i < posts_.size(); ++i) {
        MonotonicNanos now = clock_.monotonic_now();
        if (anchored_at_[i] && now < anchored_at_[i]->after_millis(posts_[i].interval_ms)) {
            continue;
        }
        Result<AnchorReceipt> receipt = posts_[i].holder->anchor(task);
        if (!receipt && receipt.error().code == ErrorCode::kCancelled) {
            return;
        }
        if (receipt) {
            anchored_at_[i] = now;
        }
        tell_({i, task.body, std::move(receipt)});
    }
}

}  // namespace llmtrail
