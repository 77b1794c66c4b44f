#include "outputs/syslog.h"

#include <algorithm>
#include <array>
#include <utility>

#include "outputs/connection.h"
#include "outputs/connector.h"
#include "outputs/refused_events.h"
#include "outputs/rewind.h"
#include "outputs/send_window.h"
#include "outputs/syslog_frame.h"
#include "outputs/unrefused_bytes.h"

namespace llmtrail {

namespace {

constexpr int64_t kAckPollFirstMs = 10;  // the kernel tells nobody when the peer acknowledges
constexpr int64_t kAckPollMsMax = 200;
constexpr int kReadsMax = 16;  // what a receiver says is thrown away, but not for ever

class SyslogOutput : public Output {
 public:
    SyslogOutput(const OutputPlan& plan, Network& network, Random& random)
        : id_(plan.id),
          carrier_(plan.carrier),
          framing_(plan.octet_counting ? SyslogFraming::kOctetCounting : SyslogFraming::kLine),
          framer_(plan.facility, plan.host_name, plan.process_id),
          connection_(connector_of(plan, network), age_max_ms_of(plan), random) {}

    std::string_view id() const override { return id_; }

    Confirmation confirmation() const override { return Confirmation::kSent; }

    bool offer(const OutputEvent& event) override;
    void work(MonotonicNanos now) override;
    OutputWait wait() const override;

    uint64_t confirmed_end() const override { return window_.confirmed_end(); }

    bool take_rewind(uint64_t& from_index) override { return rewind_.take(from_index); }

    OutputHealth health() const override { return connection_.health(); }

    const Error& last_error() const override { return connection_.last_error(); }

    CertificateEnds certificate_ends() const override { return connection_.certificate_ends(); }

    uint64_t resent_events() const override { return resent_events_; }

    bool take_refused(RefusedEvent& refused) override { return refused_events_.take(refused); }

    bool finish() override;

 private:
    bool read_farewell();
    void write();
    Result<void> confirm_acknowledged();
    void confirm_written();
    void lose(Error error);
    void end_in_order();
    void say_farewell();

    bool leaving() const { return finishing_ || connection_.is_old(now_); }

    std::string id_;
    Carrier carrier_;
    SyslogFraming framing_;
    SyslogFramer framer_;
    Connection connection_;
    SendWindow window_;
    UnrefusedBytes unrefused_;  // over UDP

    MonotonicNanos now_;  // of the last work()
    int64_t ack_poll_ms_ = kAckPollFirstMs;

    bool no_room_ = false;       // for the last event that was offered
    uint64_t last_offered_ = 0;  // and taken
    RefusedEvents refused_events_;
    Rewind rewind_;
    uint64_t resent_events_ = 0;
    bool finishing_ = false;
    bool shut_down_ = false;
    MonotonicNanos shut_down_at_;
};

bool SyslogOutput::offer(const OutputEvent& event) {
    if (!connection_.is_up() || rewind_.pending() || leaving()) {
        return false;
    }
    bool message = connection_.stream().keeps_messages();
    no_room_ = message ? connection_.unwritten() > 0 || refused_events_.full()
                       : !connection_.has_room(event.text.size());
    if (no_room_) {
        return false;
    }
    std::string& buffer = connection_.buffer();
    size_t before = buffer.size();
    framer_.append_frame(buffer, event, message ? SyslogFraming::kNone : framing_);
    last_offered_ = event.index;
    if (window_.add(event.index, buffer.size() - before)) {
        ++resent_events_;
    }
    if (message) {
        write();
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
    if (!finishing_ && leaving()) {
        say_farewell();
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
    // A message that is too large stands in the buffer alone.
    if (!written && written.error().code == ErrorCode::kLimit) {
        refused_events_.tell(last_offered_, written.error().message);
        connection_.skip_unwritten();
        return;
    }
    // The peer's reason, if it gave one, is still to be read.
    if (!written && read_farewell()) {
        lose(std::move(written.error()));
    }
}

// What the peer's kernel has acknowledged counts as sent, unless it may still refuse the whole
// connection. Of UDP that is what nobody refused in time.
Result<void> SyslogOutput::confirm_acknowledged() {
    if (carrier_ == Carrier::kTls && connection_.up_ms(now_) < kLateRejectionMs) {
        return {};
    }
    Result<size_t> unacknowledged = connection_.stream().unacknowledged_bytes();
    if (!unacknowledged) {
        return fail(std::move(unacknowledged.error()));
    }
    // Of TLS these are bytes of ciphertext, never fewer than the plaintext in them: the count errs
    // to the safe side.
    uint64_t written = connection_.written_bytes();
    uint64_t reached = written - std::min<uint64_t>(written, *unacknowledged);
    if (carrier_ == Carrier::kUdp) {
        reached = unrefused_.look(reached, now_);
    }
    if (reached > 0) {
        window_.confirm(reached);
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
// acknowledged. A refusal over UDP does not say what it refuses.
void SyslogOutput::lose(Error error) {
    if (carrier_ != Carrier::kUdp) {
        [[maybe_unused]] Result<void> asked = confirm_acknowledged();
    }
    unrefused_.clear();
    connection_.lose(std::move(error), now_);
    shut_down_ = false;
    no_room_ = false;
    rewind_.to(window_.rewind());
}

void SyslogOutput::end_in_order() {
    window_.confirm(connection_.written_bytes());
    window_.forget_recent();
    unrefused_.clear();
    connection_.end();
    shut_down_ = false;
}

OutputWait SyslogOutput::wait() const {
    OutputWait wait = connection_.wait();
    if (!connection_.is_up()) {
        wait.timer_ms = finishing_ ? -1 : wait.timer_ms;
    } else if (no_room_ && !leaving() && connection_.unwritten() == 0) {
        wait.timer_ms = 0;  // there is room now
    } else if (window_.in_flight()) {
        int64_t grace = carrier_ == Carrier::kTls ? kLateRejectionMs - connection_.up_ms(now_) : 0;
        wait.timer_ms = std::max(ack_poll_ms_, grace);
    } else if (leaving()) {
        wait.timer_ms = kFarewellMs;
    }
    return wait;
}

// The peer reads everything and closes; then the connection is idle.
void SyslogOutput::say_farewell() {
    if (connection_.stream().keeps_messages()) {
        if (!window_.in_flight()) {
            end_in_order();
        }
    } else if (connection_.unwritten() == 0 && !shut_down_) {
        Result<void> done = connection_.stream().shutdown();
        if (done) {
            shut_down_ = true;
            shut_down_at_ = now_;
        } else if (done.error().code != ErrorCode::kWouldBlock) {
            lose(std::move(done.error()));
        }
    } else if (shut_down_ && now_.millis_since(shut_down_at_) >= kFarewellMs) {
        lose({ErrorCode::kTimeout, "the receiver did not close after the farewell", 0});
    }
}

bool SyslogOutput::finish() {
    finishing_ = true;
    if (!connection_.is_up()) {
        connection_.end();
        return true;
    }
    say_farewell();
    return !connection_.is_up();
}

}  // namespace

std::unique_ptr<Output> make_syslog_output(const OutputPlan& plan, Network& network,
                                           Random& random) {
    return std::make_unique<SyslogOutput>(plan, network, random);
}

}  // namespace llmtrail
