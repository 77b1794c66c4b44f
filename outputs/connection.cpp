#include "outputs/connection.h"

#include <algorithm>
#include <utility>

namespace llmtrail {

namespace {

constexpr int64_t kResolvePollMs = 50;  // no descriptor to wait for while a name is being resolved
constexpr int64_t kConnectPollMs = 1'000;  // deadlines of single addresses pass in between
constexpr int64_t kStableMs = 10'000;  // a connection that stood this long starts the back-off anew

}  // namespace

bool Connection::come_up(MonotonicNanos now) {
    now_ = now;
    bool due = health_ == OutputHealth::kIdle ||
               (health_ == OutputHealth::kBackingOff && now >= deadline_);
    if (due) {
        Result<std::unique_ptr<Stream>> stream = connect_();
        if (!stream) {
            lose(std::move(stream.error()), now);
            return false;
        }
        stream_ = std::move(*stream);
        health_ = OutputHealth::kConnecting;
        deadline_ = now.after_millis(kConnectMs);
    }
    if (health_ != OutputHealth::kConnecting) {
        return false;
    }
    establish(now);
    return is_up();
}

// Three quarters of it to the whole, so that many agents do not knock together.
int64_t Connection::jittered(int64_t ms) {
    uint64_t some = 0;
    return random_.fill(&some, sizeof some) ? ms - static_cast<int64_t>(some % 1024) * ms / 4096
                                            : ms;
}

void Connection::establish(MonotonicNanos now) {
    Result<void> up = stream_->establish();
    if (up || up.error().code != ErrorCode::kWouldBlock) {
        CertificateEnds shown = stream_->certificate_ends();
        certificate_ends_ = shown.receiver ? shown : certificate_ends_;
    }
    if (up) {
        health_ = OutputHealth::kUp;
        up_since_ = now;
        age_ms_ = jittered(age_max_ms_);
    } else if (up.error().code != ErrorCode::kWouldBlock) {
        lose(std::move(up.error()), now);
    } else if (now >= deadline_) {
        lose(Error{ErrorCode::kTimeout, "timed out: " + up.error().message, 0}, now);
    }
}

Result<void> Connection::write() {
    while (unwritten() > 0) {
        Result<size_t> taken = stream_->write(ByteView(buffer_).substr(written_from_));
        if (taken) {
            written_from_ += *taken;
            written_bytes_ += *taken;
            continue;
        }
        if (taken.error().code != ErrorCode::kWouldBlock) {
            return fail(std::move(taken.error()));
        }
        break;
    }
    if (unwritten() == 0) {
        buffer_.clear();
        written_from_ = 0;
    } else if (written_from_ >= kSendBufferBytesMax) {
        buffer_.erase(0, written_from_);
        written_from_ = 0;
    }
    return {};
}

void Connection::skip_unwritten() {
    written_bytes_ += unwritten();
    buffer_.clear();
    written_from_ = 0;
}

void Connection::drop() {
    stream_.reset();
    buffer_.clear();
    written_from_ = 0;
    written_bytes_ = 0;
}

void Connection::lose(Error error, MonotonicNanos now) {
    if (is_up() && up_ms(now) >= kStableMs) {
        backoff_.reset();
    }
    drop();
    last_error_ = std::move(error);
    health_ = OutputHealth::kBackingOff;
    deadline_ = now.after_millis(backoff_.next_ms());
}

void Connection::end() {
    drop();
    health_ = OutputHealth::kIdle;
}

OutputWait Connection::wait() const {
    OutputWait wait;
    switch (health_) {
        case OutputHealth::kIdle:
            wait.timer_ms = 0;
            return wait;
        case OutputHealth::kBackingOff:
            wait.timer_ms = std::max<int64_t>(deadline_.millis_since(now_), 0) + 1;
            return wait;
        case OutputHealth::kConnecting:
            wait.timer_ms = stream_->descriptor() < 0 ? kResolvePollMs : kConnectPollMs;
            break;
        case OutputHealth::kUp:
            break;
    }
    if (is_up() && age_ms_ > 0) {
        wait.timer_ms = std::max<int64_t>(age_ms_ - up_ms(now_), 0) + 1;
    }
    wait.descriptor = stream_->descriptor();
    wait.wants = is_up() && unwritten() > 0 ? StreamWants::kWrite : stream_->wants();
    return wait;
}

}  // namespace llmtrail
