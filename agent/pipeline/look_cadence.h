// When the ingest worker looks for new files: at once when the watch has news, and now and then
// without any, since a wake-up is only a hint. Pure; ingest thread.
#pragma once

#include <cstdint>

#include "platform/clock.h"

namespace llmtrail {

inline constexpr int64_t kRescanIntervalMs = 5000;  // the poll behind inotify
inline constexpr int64_t kSettleIntervalMs = 1000;  // once after news
inline constexpr int64_t kPollIntervalMs = 250;     // when there is no inotify

class LookCadence {
 public:
    // What the worker does now decides how soon it looks again.
    struct Situation {
        bool watches = true;  // there is inotify
        // Something is read all the time, so that nobody asks the watch, or files are waited for.
        bool busy = false;
    };

    bool due(bool news_from_watch, Situation situation, MonotonicNanos now) const {
        return !looked_ || news_from_watch || now >= next(situation);
    }

    // A tail that looked at many files just now may put off looking for new ones by a second: the
    // first look, and one after news, is followed by one more.
    void note_look(bool news_from_watch, MonotonicNanos now) {
        settling_ = news_from_watch || !looked_;
        looked_ = true;
        last_ = now;
    }

    void look_at_once() { looked_ = false; }

    MonotonicNanos next(Situation situation) const {
        int64_t interval_ms = !situation.watches            ? kPollIntervalMs
                              : settling_ || situation.busy ? kSettleIntervalMs
                                                            : kRescanIntervalMs;
        return last_.after_millis(interval_ms);
    }

 private:
    MonotonicNanos last_;
    bool looked_ = false;
    bool settling_ = false;
};

}  // namespace llmtrail
