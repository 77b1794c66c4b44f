#include "pipeline/ingest_thread.h"

#include <algorithm>
#include <utility>

#include "pipeline/agent_record.h"

namespace llmtrail {

namespace {

// True: there is more to do at once.
bool step(const IngestThreadParts& parts, bool news_from_watch) {
    ThreadFlags& flags = parts.flags;
    uint64_t before = parts.recent.durable_end();
    if (parts.ingest.takes_change()) {
        if (std::optional<IngestChange> change = parts.changes.take()) {
            parts.ingest.begin_change(std::move(*change));
        }
    }
    bool more = parts.ingest.step(news_from_watch);
    flags.committed_records.store(parts.ingest.committed_records());
    if (parts.recent.durable_end() != before) {
        flags.wake_deliver->wake();
    }
    if (parts.ingest.caught_up() && !flags.caught_up.exchange(true) && parts.tell_caught_up) {
        flags.wake_main->wake();
    }
    if (std::optional<IngestChanged> changed = parts.ingest.take_changed()) {
        parts.changes.put_outcome(*changed);
        flags.wake_main->wake();
    }
    if (parts.ingest.failed() && !flags.failed.load()) {
        flags.fail();
    }
    return more;
}

// Whether the watch has news.
Result<bool> wait(const IngestThreadParts& parts) {
    int64_t hold_ms = parts.ingest.hold_ms();
    int64_t wait_ms = parts.ingest.wait_ms();
    WaitEntry entries[] = {{hold_ms > 0 ? -1 : parts.watch.descriptor(), StreamWants::kRead, false},
                           {parts.flags.wake_ingest->descriptor(), StreamWants::kRead, false}};
    Result<int> waited = wait_for(entries, hold_ms > 0 ? std::min(hold_ms, wait_ms) : wait_ms);
    if (!waited) {
        return fail(waited.error());
    }
    parts.flags.wake_ingest->clear();
    return entries[0].ready;
}

}  // namespace

void run_ingest_thread(const IngestThreadParts& parts) {
    bool news_from_watch = false;
    MonotonicNanos told;
    while (!parts.flags.stop_ingest.load()) {
        parts.pulse.begin_turn();
        bool more = step(parts, news_from_watch);
        news_from_watch = false;
        MonotonicNanos now = parts.clock.monotonic_now();
        if (!more || now.millis_since(told) >= kStatusIntervalMs) {
            parts.status.put_intake(parts.ingest.status());
            told = now;
        }
        if (more) {
            continue;
        }
        parts.pulse.begin_waiting();
        Result<bool> news = wait(parts);
        if (!news) {
            parts.log.error({"reading stops: ", news.error()});
            parts.flags.fail();
            break;
        }
        news_from_watch = *news;
    }
    parts.pulse.begin_turn();
    parts.ingest.announce({kClassAgentStop, "agent", "stopping in order", 1});
    parts.ingest.finish();
    parts.flags.committed_records.store(parts.ingest.committed_records());
    parts.flags.wake_deliver->wake();
    parts.pulse.begin_waiting();
}

}  // namespace llmtrail
