#include "outputs/syslog.h"

#include <algorithm>
#include <array>

#include "outputs/backoff.h"
#include "outputs/send_window.h"
#include "outputs/syslog_frame.h"

namespace llmtrail {

namespace {

constexpr int64_t kResolvePollMs = 50;  // no descriptor to wait for while a name is being resolved
constexpr int64_t kConnectPollMs = 1'000;  // deadlines of single addresses pass in between
constexpr int64_t kAckPollFirstMs = 10;    // the kernel tells nobody when the peer acknowledges
constexpr int64_t kAckPollMsMax = 200;
constexpr int64_t kStableMs = 10'000;  // a connection that stood this long starts the back-off anew
constexpr int kReadsMax = 16;          // what a receiver says is thrown away, but not for ever

class SyslogOutput : public Output {
 public:
    SyslogOutput(const OutputPlan& plan, Network& network, Random& random)
        : id_(plan.id),
          address_(plan.address),
          use_tls_(plan.use_tls),
          tls_(plan.tls),
          network_(network),
          framer_(plan.facility, plan.host_name, plan.process_id, plan.octet_counting),
          backoff_(random) {}

    std::string_view id() const override { return id_; }

    Confirmation confirmation() const override { return Confirmation::kSent; }

    bool offer(const OutputEvent& event) override;
    void work(MonotonicNanos now) override;
    OutputWait wait() const override;

    uint64_t confirmed_end() const override { return window_.confirmed_end(); }

    bool take_rewind(uint64_t& from_index) override;

    OutputHealth health() const override { return health_; }

    const Error& last_error() const override { return last_error_; }

    uint64_t resent_events() const override { return resent_events_; }

    bool finish() override;

 private:
    void connect(MonotonicNanos now);
    void establish(MonotonicNanos now);
    bool read_farewell(MonotonicNanos now);
    void write_buffer(MonotonicNanos now);
    Result<void> confirm_acknowledged(MonotonicNanos now);
    void confirm_written(MonotonicNanos now);
    void lose(Error error, MonotonicNanos now);
    void end_in_order();

    size_t unwritten() const { return buffer_.size() - written_from_; }

    std::string id_;
    Endpoint address_;
    bool use_tls_;
    TlsOptions tls_;
    Network& network_;
    SyslogFramer framer_;
    Backoff backoff_;
    SendWindow window_;

    std::unique_ptr<Stream> stream_;
    OutputHealth health_ = OutputHealth::kIdle;
    Error last_error_;
    MonotonicNanos now_;       // of the last work()
    MonotonicNanos deadline_;  // of connecting, or of waiting
    MonotonicNanos up_since_;

    std::string buffer_;  // frames; before written_from_ they are written
    size_t written_from_ = 0;
    uint64_t written_bytes_ = 0;  // on this connection
    int64_t ack_poll_ms_ = kAckPollFirstMs;

    bool refused_ = false;  // the last event offered did not fit
    bool rewind_pending_ = false;
    uint64_t rewind_from_ = 0;
    uint64_t resent_events_ = 0;
    bool finishing_ = false;
    bool shut_down_ = false;
};

bool SyslogOutput::offer(const OutputEvent& event) {
    if (health_ != OutputHealth::kUp || rewind_pending_ || finishing_) {
        return false;
    }
    // An event larger than the buffer goes in when the buffer is empty.
    refused_ = unwritten() > 0 && unwritten() + event.text.size() > kSendBufferBytesMax;
    if (refused_) {
        return false;
    }
    size_t before = buffer_.size();
    framer_.append_frame(buffer_, event);
    if (window_.add(event.index, buffer_.size() - before)) {
        ++resent_events_;
    }
    return true;
}

void SyslogOutput::work(MonotonicNanos now) {
    now_ = now;
    if (health_ == OutputHealth::kIdle ||
        (health_ == OutputHealth::kBackingOff && now >= deadline_)) {
        if (!finishing_) {
            connect(now);
        }
    }
    if (health_ == OutputHealth::kConnecting) {
        establish(now);
    }
    if (health_ == OutputHealth::kUp && read_farewell(now)) {
        write_buffer(now);
    }
    if (health_ == OutputHealth::kUp) {
        confirm_written(now);
    }
}

void SyslogOutput::connect(MonotonicNanos now) {
    Result<std::unique_ptr<Stream>> stream =
        use_tls_ ? network_.connect_tls(address_, tls_) : network_.connect_tcp(address_);
    if (!stream) {
        lose(std::move(stream.error()), now);
        return;
    }
    stream_ = std::move(*stream);
    health_ = OutputHealth::kConnecting;
    deadline_ = now.after_millis(kConnectMs);
}

void SyslogOutput::establish(MonotonicNanos now) {
    Result<void> up = stream_->establish();
    if (up) {
        health_ = OutputHealth::kUp;
        up_since_ = now;
        ack_poll_ms_ = kAckPollFirstMs;
        return;
    }
    if (up.error().code != ErrorCode::kWouldBlock) {
        lose(std::move(up.error()), now);
    } else if (now >= deadline_) {
        lose(Error{ErrorCode::kTimeout, "timed out: " + up.error().message, 0}, now);
    }
}

// A receiver says nothing but that it goes: an alert, a FIN or a reset. False when the connection
// is over.
bool SyslogOutput::read_farewell(MonotonicNanos now) {
    std::array<char, 512> ignored;
    for (int i = 0; i < kReadsMax; ++i) {
        Result<size_t> got = stream_->read(ignored.data(), ignored.size());
        if (got) {
            continue;
        }
        if (got.error().code == ErrorCode::kWouldBlock) {
            return true;
        }
        if (got.error().code == ErrorCode::kClosed && shut_down_) {
            end_in_order();
        } else {
            lose(std::move(got.error()), now);
        }
        return false;
    }
    return true;
}

void SyslogOutput::write_buffer(MonotonicNanos now) {
    while (unwritten() > 0) {
        Result<size_t> taken = stream_->write(ByteView(buffer_).substr(written_from_));
        if (taken) {
            written_from_ += *taken;
            written_bytes_ += *taken;
            ack_poll_ms_ = kAckPollFirstMs;
            continue;
        }
        if (taken.error().code == ErrorCode::kWouldBlock) {
            break;
        }
        // The peer's reason, if it gave one, is still to be read.
        if (read_farewell(now)) {
            lose(std::move(taken.error()), now);
        }
        return;
    }
    if (unwritten() == 0) {
        buffer_.clear();
        written_from_ = 0;
    } else if (written_from_ >= kSendBufferBytesMax) {
        buffer_.erase(0, written_from_);
        written_from_ = 0;
    }
}

// What the peer's kernel has acknowledged counts as sent, unless it may still refuse the whole
// connection.
Result<void> SyslogOutput::confirm_acknowledged(MonotonicNanos now) {
    if (use_tls_ && now.millis_since(up_since_) < kLateRejectionMs) {
        return {};
    }
    Result<size_t> unacknowledged = stream_->unacknowledged_bytes();
    if (!unacknowledged) {
        return fail(std::move(unacknowledged.error()));
    }
    // Of TLS these are bytes of ciphertext, never fewer than the plaintext in them: the count errs
    // to the safe side.
    if (*unacknowledged < written_bytes_) {
        window_.confirm(written_bytes_ - *unacknowledged);
    }
    return {};
}

void SyslogOutput::confirm_written(MonotonicNanos now) {
    if (!window_.in_flight()) {
        return;
    }
    uint64_t before = window_.confirmed_end();
    Result<void> asked = confirm_acknowledged(now);
    if (!asked) {
        lose(std::move(asked.error()), now);
        return;
    }
    if (window_.confirmed_end() > before) {
        backoff_.reset();
        ack_poll_ms_ = kAckPollFirstMs;
    } else {
        ack_poll_ms_ = std::min(ack_poll_ms_ * 2, kAckPollMsMax);
    }
}

void SyslogOutput::lose(Error error, MonotonicNanos now) {
    if (health_ == OutputHealth::kUp) {
        // A last look: what was acknowledged before the break is sent again once, the rest until it
        // is acknowledged.
        [[maybe_unused]] Result<void> asked = confirm_acknowledged(now);
        if (now.millis_since(up_since_) >= kStableMs) {
            backoff_.reset();
        }
    }
    stream_.reset();
    last_error_ = std::move(error);
    health_ = OutputHealth::kBackingOff;
    deadline_ = now.after_millis(backoff_.next_ms());
    buffer_.clear();
    written_from_ = 0;
    written_bytes_ = 0;
    shut_down_ = false;
    refused_ = false;
    if (std::optional<uint64_t> from = window_.rewind()) {
        rewind_from_ = rewind_pending_ ? std::min(rewind_from_, *from) : *from;
        rewind_pending_ = true;
    }
}

void SyslogOutput::end_in_order() {
    window_.confirm(written_bytes_);
    window_.forget_recent();
    stream_.reset();
    health_ = OutputHealth::kIdle;
    written_bytes_ = 0;
}

bool SyslogOutput::take_rewind(uint64_t& from_index) {
    if (!rewind_pending_) {
        return false;
    }
    rewind_pending_ = false;
    from_index = rewind_from_;
    return true;
}

OutputWait SyslogOutput::wait() const {
    OutputWait wait;
    switch (health_) {
        case OutputHealth::kIdle:
            wait.timer_ms = finishing_ ? -1 : 0;
            return wait;
        case OutputHealth::kBackingOff:
            wait.timer_ms = std::max<int64_t>(deadline_.millis_since(now_), 0) + 1;
            return wait;
        case OutputHealth::kConnecting:
            wait.descriptor = stream_->descriptor();
            wait.wants = stream_->wants();
            wait.timer_ms = wait.descriptor < 0 ? kResolvePollMs : kConnectPollMs;
            return wait;
        case OutputHealth::kUp:
            break;
    }
    wait.descriptor = stream_->descriptor();
    wait.wants = unwritten() > 0 ? StreamWants::kWrite : stream_->wants();
    if (refused_ && unwritten() == 0) {
        wait.timer_ms = 0;  // there is room now
    } else if (window_.in_flight()) {
        int64_t grace = use_tls_ ? kLateRejectionMs - now_.millis_since(up_since_) : 0;
        wait.timer_ms = std::max(ack_poll_ms_, grace);
    }
    return wait;
}

bool SyslogOutput::finish() {
    finishing_ = true;
    if (stream_ == nullptr) {
        return true;
    }
    if (health_ != OutputHealth::kUp) {
        stream_.reset();
        health_ = OutputHealth::kIdle;
        return true;
    }
    if (unwritten() == 0 && !shut_down_) {
        Result<void> done = stream_->shutdown();
        if (done) {
            shut_down_ = true;
        } else if (done.error().code != ErrorCode::kWouldBlock) {
            lose(std::move(done.error()), now_);
        }
    }
    return stream_ == nullptr;
}

}  // namespace

std::unique_ptr<Output> make_syslog_output(const OutputPlan& plan, Network& network,
                                           Random& random) {
    return std::make_unique<SyslogOutput>(plan, network, random);
}

}  // namespace llmtrail
