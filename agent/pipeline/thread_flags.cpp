#include "pipeline/thread_flags.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

Result<void> ThreadFlags::make_wakers() {
    for (std::unique_ptr<Waker>* waker : {&wake_ingest, &wake_deliver, &wake_main}) {
        Result<std::unique_ptr<Waker>> made = make_waker();
        if (!made) {
            return llmtrail::fail(std::move(made.error()));
        }
        *waker = std::move(*made);
    }
    return {};
}

void ThreadFlags::limit_delivering(MonotonicNanos deadline) {
    deliver_deadline.store(std::min(deliver_deadline.load(), deadline.value));
    wake_deliver->wake();
}

}  // namespace llmtrail
