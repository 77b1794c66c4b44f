#include "outputs/relp.h"

#include <algorithm>
#include <array>
#include <utility>

#include "outputs/connection.h"
#include "outputs/connector.h"
#include "outputs/relp_frame.h"
#include "outputs/relp_window.h"
#include "outputs/rewind.h"
#include "outputs/syslog_frame.h"

namespace llmtrail {

namespace {

constexpr std::string_view kOffers =
    "relp_version=0\nrelp_software=llmtrail," LLMTRAIL_VERSION "\ncommands=syslog";
constexpr size_t kReadBytes = 4096;
constexpr int kReadsMax = 16;  // in one turn

class RelpOutput : public Output {
 public:
    RelpOutput(const OutputPlan& plan, Network& network, Random& random)
        : id_(plan.id),
          framer_(plan.facility, plan.host_name, plan.process_id),
          connection_(connector_of(plan, network), age_max_ms_of(plan), random) {}

    std::string_view id() const override { return id_; }

    Confirmation confirmation() const override { return Confirmation::kAcknowledged; }

    bool offer(const OutputEvent& event) override;
    void work(MonotonicNanos now) override;
    OutputWait wait() const override;

    uint64_t confirmed_end() const override { return window_.confirmed_end(); }

    bool take_rewind(uint64_t& from_index) override { return rewind_.take(from_index); }

    OutputHealth health() const override {
        return connection_.is_up() && session_ == Session::kOpening ? OutputHealth::kConnecting
                                                                    : connection_.health();
    }

    const Error& last_error() const override { return connection_.last_error(); }

    CertificateEnds certificate_ends() const override { return connection_.certificate_ends(); }

    uint64_t resent_events() const override { return resent_events_; }

    bool take_refused(RefusedEvent& refused) override { return window_.take_refused(refused); }

    bool finish() override;

 private:
    enum class Session : uint8_t { kOpening, kOpen, kClosing };

    void open_session();
    uint32_t send(std::string_view command, std::string_view data);
    void read_answers();
    Result<void> take_frames();
    Result<void> take_answer(const RelpFrame& frame);
    Result<void> session_opened(const RelpFrame& frame);
    void close_session();
    void check_deadlines();
    std::optional<int64_t> deadline_ms() const;
    void lose(Error error);

    bool leaving() const { return finishing_ || connection_.is_old(now_); }

    std::string id_;
    SyslogFramer framer_;
    Connection connection_;
    RelpReader reader_;
    RelpWindow window_;

    Session session_ = Session::kOpening;
    uint32_t transaction_ = 0;          // the last one's number
    uint32_t session_transaction_ = 0;  // of open, then of close
    MonotonicNanos now_;                // of the last work()
    MonotonicNanos progress_;           // of the last answer, or since when one is waited for

    std::string message_;
    bool no_room_ = false;  // the last event offered did not fit
    Rewind rewind_;
    uint64_t resent_events_ = 0;
    bool finishing_ = false;
};

uint32_t RelpOutput::send(std::string_view command, std::string_view data) {
    transaction_ = relp_after(transaction_);
    append_relp_frame(connection_.buffer(), transaction_, command, data);
    return transaction_;
}

bool RelpOutput::offer(const OutputEvent& event) {
    if (health() != OutputHealth::kUp || session_ != Session::kOpen || rewind_.pending() ||
        leaving()) {
        return false;
    }
    no_room_ = !window_.has_room() || !connection_.has_room(event.text.size());
    if (no_room_) {
        return false;
    }
    if (window_.pass_over(event.index)) {
        return true;
    }
    message_.clear();
    framer_.append_frame(message_, event, SyslogFraming::kNone);
    if (window_.waiting() == 0) {
        progress_ = now_;
    }
    if (window_.add(event.index, send("syslog", message_))) {
        ++resent_events_;
    }
    return true;
}

void RelpOutput::work(MonotonicNanos now) {
    now_ = now;
    if (!finishing_ && connection_.come_up(now)) {
        open_session();
    }
    if (connection_.is_up()) {
        read_answers();
    }
    if (connection_.is_up()) {
        if (Result<void> written = connection_.write(); !written) {
            lose(std::move(written.error()));
        }
    }
    if (connection_.is_old(now_)) {
        close_session();
    }
    if (connection_.is_up()) {
        check_deadlines();
    }
}

void RelpOutput::open_session() {
    session_ = Session::kOpening;
    no_room_ = false;
    transaction_ = 0;
    reader_ = RelpReader();
    progress_ = now_;
    session_transaction_ = send("open", kOffers);
}

void RelpOutput::read_answers() {
    std::array<char, kReadBytes> bytes;
    for (int i = 0; i < kReadsMax; ++i) {
        Result<size_t> got = connection_.stream().read(bytes.data(), bytes.size());
        if (!got) {
            if (got.error().code == ErrorCode::kWouldBlock) {
                return;
            }
            if (session_ == Session::kClosing && !window_.in_flight()) {
                connection_.end();
            } else {
                lose(std::move(got.error()));
            }
            return;
        }
        reader_.take({bytes.data(), *got});
        if (Result<void> taken = take_frames(); !taken) {
            lose(std::move(taken.error()));
            return;
        }
        if (!connection_.is_up()) {
            return;
        }
    }
}

Result<void> RelpOutput::take_frames() {
    for (;;) {
        Result<std::optional<RelpFrame>> frame = reader_.next();
        if (!frame) {
            return fail(std::move(frame.error()));
        }
        if (!*frame) {
            return {};
        }
        if ((*frame)->command == "serverclose" && (*frame)->transaction == 0) {
            return fail(ErrorCode::kClosed, "the receiver ended the RELP session");
        }
        // Hints that are not known are passed over, as RELP wants it.
        if ((*frame)->transaction == 0) {
            continue;
        }
        if (Result<void> taken = take_answer(**frame); !taken || !connection_.is_up()) {
            return taken;
        }
    }
}

Result<void> RelpOutput::take_answer(const RelpFrame& frame) {
    if (frame.command != "rsp") {
        return fail(ErrorCode::kInvalidArgument,
                    "the receiver does not speak RELP: a command where an answer was due");
    }
    if (session_ == Session::kOpening && frame.transaction == session_transaction_) {
        return session_opened(frame);
    }
    if (session_ == Session::kClosing && frame.transaction == session_transaction_) {
        connection_.end();
        return {};
    }
    std::optional<int> code = relp_code(frame.data);
    if (!code || !window_.answer(frame.transaction, *code)) {
        return fail(ErrorCode::kInvalidArgument,
                    "the receiver answered what RELP does not allow here");
    }
    progress_ = now_;
    if (*code == kRelpOk) {
        connection_.succeed();
    }
    return {};
}

Result<void> RelpOutput::session_opened(const RelpFrame& frame) {
    std::optional<int> code = relp_code(frame.data);
    if (code != kRelpOk) {
        return fail(ErrorCode::kConfig,
                    "the receiver refuses the RELP session: " +
                        (code ? "code " + std::to_string(*code) : std::string("no code")));
    }
    session_ = Session::kOpen;
    return {};
}

// How long the receiver may still be silent. Empty: nothing is waited for.
std::optional<int64_t> RelpOutput::deadline_ms() const {
    int64_t silent_ms = now_.millis_since(progress_);
    if (session_ != Session::kOpen) {
        return kRelpOpenMs - silent_ms;
    }
    if (window_.waiting() > 0) {
        return kRelpAnswerMs - silent_ms;
    }
    return window_.stuck_code() ? std::optional(kRelpStuckMs - silent_ms) : std::nullopt;
}

void RelpOutput::check_deadlines() {
    std::optional<int64_t> left_ms = deadline_ms();
    if (!left_ms || *left_ms > 0) {
        return;
    }
    if (std::optional<int> code = window_.stuck_code()) {
        lose({ErrorCode::kBusy,
              "the receiver refuses every event: RELP code " + std::to_string(*code), 0});
        return;
    }
    lose({ErrorCode::kTimeout, "the receiver does not answer over RELP", 0});
}

void RelpOutput::lose(Error error) {
    connection_.lose(std::move(error), now_);
    no_room_ = false;
    session_ = Session::kOpening;
    rewind_.to(window_.rewind());
}

OutputWait RelpOutput::wait() const {
    OutputWait wait = connection_.wait();
    if (!connection_.is_up()) {
        wait.timer_ms = finishing_ ? -1 : wait.timer_ms;
    } else if (no_room_ && !leaving() && window_.has_room() && connection_.unwritten() == 0) {
        wait.timer_ms = 0;
    } else if (std::optional<int64_t> left_ms = deadline_ms()) {
        wait.timer_ms = std::max<int64_t>(*left_ms, 0) + 1;
    }
    return wait;
}

// Says farewell when every event is answered.
void RelpOutput::close_session() {
    if (session_ == Session::kOpen && !window_.in_flight()) {
        session_transaction_ = send("close", {});
        session_ = Session::kClosing;
        progress_ = now_;
    }
}

bool RelpOutput::finish() {
    finishing_ = true;
    if (health() != OutputHealth::kUp) {
        connection_.end();
        return true;
    }
    close_session();
    return false;
}

}  // namespace

std::unique_ptr<Output> make_relp_output(const OutputPlan& plan, Network& network, Random& random) {
    return std::make_unique<RelpOutput>(plan, network, random);
}

}  // namespace llmtrail
