#include "outputs/syslog.h"

#include <algorithm>
#include <array>
#include <utility>

#include "outputs/carrier.h"
#include "outputs/connection.h"
#include "outputs/rewind.h"
#include "outputs/send_window.h"
#include "outputs/syslog_frame.h"

namespace llmtrail {

namespace {

constexpr int64_t kAckPollFirstMs = 10;  // the kernel tells nobody when the peer acknowledges
constexpr int64_t kAckPollMsMax = 200;
constexpr int kReadsMax = 16;  // what a receiver says is thrown away, but not for ever

class SyslogOutput : public Output {
 public:
    SyslogOutput(const OutputPlan& plan, Network& network, Random& random)
        : id_(plan.id),
          use_tls_(plan.use_tls),
          framing_(plan.octet_counting ? SyslogFraming::kOctetCounting : SyslogFraming::kLine),
          framer_(plan.facility, plan.host_name, plan.process_id),
          connection_(carrier_of(plan, network), random) {}

    std::string_view id() const override { return id_; }

    Confirmation confirmation() const override { return Confirmation::kSent; }

    bool offer(const OutputEvent& event) override;
    void work(MonotonicNanos now) override;
    OutputWait wait() const override;

    uint64_t confirmed_end() const override { return window_.confirmed_end(); }

    bool take_rewind(uint64_t& from_index) override { return rewind_.take(from_index); }

    OutputHealth health() const override { return connection_.health(); }

    const Error& last_error() const override { return connection_.last_error(); }

    uint64_t resent_events() const override { return resent_events_; }

    bool finish() override;

 private:
    bool read_farewell();
    void write();
    Result<void> confirm_acknowledged();
    void confirm_written();
    void lose(Error error);
    void end_in_order();

    std::string id_;
    bool use_tls_;
    SyslogFraming framing_;
    SyslogFramer framer_;
    Connection connection_;
    SendWindow window_;

    MonotonicNanos now_;  // of the last work()
    int64_t ack_poll_ms_ = kAckPollFirstMs;

    bool refused_ = false;  // the last event offered did not fit
    Rewind rewind_;
    uint64_t resent_events_ = 0;
    bool finishing_ = false;
    bool shut_down_ = false;
};

bool SyslogOutput::offer(const OutputEvent& event) {
    if (!connection_.is_up() || rewind_.pending() || finishing_) {
        return false;
    }
    refused_ = !connection_.has_room(event.text.size());
    if (refused_) {
        return false;
    }
    std::string& buffer = connection_.buffer();
    size_t before = buffer.size();
    framer_.append_frame(buffer, event, framing_);
    if (window_.add(event.index, buffer.size() - before)) {
        ++resent_events_;
    }
    return true;
}

void SyslogOutput::work(MonotonicNanos now) {
    now_ = now;
    if (!finishing_ && connection_.come_up(now)) {
        ack_poll_ms_ = kAckPollFirstMs;
    }
    if (connection_.is_up() && read_farewell()) {
        write();
    }
    if (connection_.is_up()) {
        confirm_written();
    }
}

// A receiver says nothing but that it goes: an alert, a FIN or a reset. False when the connection
// is over.
bool SyslogOutput::read_farewell() {
    std::array<char, 512> ignored;
    for (int i = 0; i < kReadsMax; ++i) {
        Result<size_t> got = connection_.stream().read(ignored.data(), ignored.size());
        if (got) {
            continue;
        }
        if (got.error().code == ErrorCode::kWouldBlock) {
            return true;
        }
        if (got.error().code == ErrorCode::kClosed && shut_down_) {
            end_in_order();
        } else {
            lose(std::move(got.error()));
        }
        return false;
    }
    return true;
}

void SyslogOutput::write() {
    uint64_t before = connection_.written_bytes();
    Result<void> written = connection_.write();
    if (connection_.written_bytes() > before) {
        ack_poll_ms_ = kAckPollFirstMs;
    }
    // The peer's reason, if it gave one, is still to be read.
    if (!written && read_farewell()) {
        lose(std::move(written.error()));
    }
}

// What the peer's kernel has acknowledged counts as sent, unless it may still refuse the whole
// connection.
Result<void> SyslogOutput::confirm_acknowledged() {
    if (use_tls_ && connection_.up_ms(now_) < kLateRejectionMs) {
        return {};
    }
    Result<size_t> unacknowledged = connection_.stream().unacknowledged_bytes();
    if (!unacknowledged) {
        return fail(std::move(unacknowledged.error()));
    }
    // Of TLS these are bytes of ciphertext, never fewer than the plaintext in them: the count errs
    // to the safe side.
    if (*unacknowledged < connection_.written_bytes()) {
        window_.confirm(connection_.written_bytes() - *unacknowledged);
    }
    return {};
}

void SyslogOutput::confirm_written() {
    if (!window_.in_flight()) {
        return;
    }
    uint64_t before = window_.confirmed_end();
    Result<void> asked = confirm_acknowledged();
    if (!asked) {
        lose(std::move(asked.error()));
        return;
    }
    if (window_.confirmed_end() > before) {
        connection_.succeed();
        ack_poll_ms_ = kAckPollFirstMs;
    } else {
        ack_poll_ms_ = std::min(ack_poll_ms_ * 2, kAckPollMsMax);
    }
}

// A last look: what was acknowledged before the break is sent again once, the rest until it is
// acknowledged.
void SyslogOutput::lose(Error error) {
    [[maybe_unused]] Result<void> asked = confirm_acknowledged();
    connection_.lose(std::move(error), now_);
    shut_down_ = false;
    refused_ = false;
    rewind_.to(window_.rewind());
}

void SyslogOutput::end_in_order() {
    window_.confirm(connection_.written_bytes());
    window_.forget_recent();
    connection_.end();
}

OutputWait SyslogOutput::wait() const {
    OutputWait wait = connection_.wait();
    if (!connection_.is_up()) {
        wait.timer_ms = finishing_ ? -1 : wait.timer_ms;
    } else if (refused_ && connection_.unwritten() == 0) {
        wait.timer_ms = 0;  // there is room now
    } else if (window_.in_flight()) {
        int64_t grace = use_tls_ ? kLateRejectionMs - connection_.up_ms(now_) : 0;
        wait.timer_ms = std::max(ack_poll_ms_, grace);
    }
    return wait;
}

bool SyslogOutput::finish() {
    finishing_ = true;
    if (!connection_.is_up()) {
        connection_.end();
        return true;
    }
    if (connection_.unwritten() == 0 && !shut_down_) {
        Result<void> done = connection_.stream().shutdown();
        if (done) {
            shut_down_ = true;
        } else if (done.error().code != ErrorCode::kWouldBlock) {
            lose(std::move(done.error()));
        }
    }
    return !connection_.is_up();
}

}  // namespace

std::unique_ptr<Output> make_syslog_output(const OutputPlan& plan, Network& network,
                                           Random& random) {
    return std::make_unique<SyslogOutput>(plan, network, random);
}

}  // namespace llmtrail
