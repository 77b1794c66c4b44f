#include "outputs/kafka.h"

#include <algorithm>
#include <utility>

#include "outputs/kafka_verdict.h"
#include "outputs/kafka_window.h"
#include "outputs/refused_events.h"
#include "outputs/request_pace.h"
#include "outputs/rewind.h"

namespace llmtrail {

namespace {

constexpr int kNewsMax = 4'096;            // in one turn
constexpr int64_t kStuckMs = 1'000;        // no broker left, no event taken
constexpr size_t kFirstEventsMax = 16;     // until one of them is taken
constexpr size_t kEndingProducersMax = 2;  // then no new one is made
constexpr int64_t kEndingPollMs = 100;
constexpr int64_t kEndMsMax = 2'000;  // waited for at the end

class KafkaOutput final : public Output {
 public:
    KafkaOutput(const OutputPlan& plan, std::shared_ptr<KafkaLibrary> library,
                std::unique_ptr<Waker> waker, Random& random);
    ~KafkaOutput() override;
    KafkaOutput(const KafkaOutput&) = delete;
    KafkaOutput& operator=(const KafkaOutput&) = delete;

    std::string_view id() const override { return id_; }

    Confirmation confirmation() const override { return Confirmation::kAcknowledged; }

    bool offer(const OutputEvent& event) override;
    void work(MonotonicNanos now) override;
    OutputWait wait() const override;

    uint64_t confirmed_end() const override { return window_.confirmed_end(); }

    bool take_rewind(uint64_t& from_index) override { return rewind_.take(from_index); }

    OutputHealth health() const override;

    const Error& last_error() const override {
        return pace_.health() == OutputHealth::kBackingOff ? pace_.last_error() : outage_;
    }

    uint64_t resent_events() const override { return resent_events_; }

    bool take_refused(RefusedEvent& refused) override { return refused_.take(refused); }

    bool finish() override;

 private:
    bool has_room(const OutputEvent& event) const;
    void take_news();
    void delivered(const KafkaNews& news);
    void event_refused(uint64_t index, const KafkaVerdict& verdict);
    void troubled(const KafkaNews& news);

    KafkaVerdict judge(int code) const { return judge_kafka_error(code, producer_->name_of(code)); }

    void pause(const KafkaVerdict& verdict);
    void give_up(const KafkaVerdict& verdict);
    void offer_again();
    void make_producer();

    // Brokers close connections that stand idle: it is an outage when an event waits.
    bool may_be_stuck() const { return down_ && window_.waiting() > 0; }

    MonotonicNanos stuck_at() const { return waits_since_.after_millis(kStuckMs); }

    bool is_old() const { return age_ms_ > 0 && now_ >= born_.after_millis(age_ms_); }

    std::string id_;
    KafkaPlan plan_;
    int64_t age_max_ms_;
    KafkaProperties properties_;
    std::shared_ptr<KafkaLibrary> library_;
    std::unique_ptr<Waker> waker_;
    Random& random_;
    std::unique_ptr<KafkaProducer> producer_;
    KafkaWindow window_;
    RequestPace pace_;
    RefusedEvents refused_;
    Rewind rewind_;

    // Of a batch that is refused the library names every event: those below suspects_end_ go again
    // each alone, which shows the one that is meant. alone_end_: those that do so now.
    uint64_t suspects_end_ = 0;
    uint64_t alone_end_ = 0;

    bool spent_ = false;    // the producer: it ends when nothing waits for news of it
    bool down_ = false;     // no broker was left, and nothing was taken since
    KafkaVerdict trouble_;  // the last that says more than that a broker is away
    Error outage_;
    MonotonicNanos waits_since_;  // for news of an event; it moves with each one taken
    MonotonicNanos now_;          // of the last work()
    MonotonicNanos born_;         // the producer
    int64_t age_ms_ = 0;          // of this producer, at most; 0: any
    bool more_news_ = false;
    uint64_t resent_events_ = 0;
    bool finishing_ = false;
};

KafkaOutput::KafkaOutput(const OutputPlan& plan, std::shared_ptr<KafkaLibrary> library,
                         std::unique_ptr<Waker> waker, Random& random)
    : id_(plan.id),
      plan_(plan.kafka),
      age_max_ms_(plan.tls.connection_age_max_ms),
      properties_(kafka_properties(plan.kafka, plan.tls)),
      library_(std::move(library)),
      waker_(std::move(waker)),
      random_(random),
      window_(plan.kafka.queue_bytes_max),
      pace_(random) {}

KafkaOutput::~KafkaOutput() {
    producer_.reset();
    await_ending_kafka_producers(*library_, kEndMsMax);
}

bool KafkaOutput::has_room(const OutputEvent& event) const {
    size_t waiting = window_.waiting();
    bool alone = event.index < alone_end_ || window_.front() < alone_end_;
    bool first = !pace_.up() && waiting >= kFirstEventsMax;
    return !first && (!alone || waiting == 0) && window_.has_room(event.text.size());
}

bool KafkaOutput::offer(const OutputEvent& event) {
    bool ready = producer_ && !spent_ && !finishing_ && !is_old() && !rewind_.pending() &&
                 !window_.failed() && now_ >= pace_.retry_at();
    if (!ready) {
        return false;
    }
    if (window_.pass_over(event.index)) {
        return true;
    }
    if (!has_room(event)) {
        return false;
    }
    bool again = window_.knows(event.index);
    KafkaMessage message{event.index, event.text, event.event_id, event.event_class,
                         event.resent || again};
    KafkaVerdict verdict = judge(producer_->produce(message));
    if (verdict.action == KafkaAction::kNoRoom) {
        return false;
    }
    if (verdict.action != KafkaAction::kTaken) {
        pause(verdict);
        return false;
    }
    if (window_.waiting() == 0) {
        waits_since_ = now_;
    }
    window_.add(event.index, event.text.size());
    resent_events_ += again ? 1 : 0;
    return true;
}

void KafkaOutput::work(MonotonicNanos now) {
    now_ = now;
    waker_->clear();
    take_news();
    if (window_.waiting() == 0) {
        if (window_.failed()) {
            offer_again();
        }
        if (spent_ || is_old()) {
            producer_.reset();
        }
    }
    if (!producer_ && !finishing_ && now_ >= pace_.retry_at() &&
        ending_kafka_producers(*library_) < kEndingProducersMax) {
        make_producer();
    }
}

void KafkaOutput::take_news() {
    KafkaNews news;
    for (int i = 0; i < kNewsMax; ++i) {
        more_news_ = producer_ && producer_->take_news(news);
        if (!more_news_) {
            return;
        }
        if (news.kind == KafkaNews::Kind::kDelivery) {
            delivered(news);
        } else {
            troubled(news);
        }
    }
}

void KafkaOutput::delivered(const KafkaNews& news) {
    KafkaVerdict verdict = judge(news.code);
    if (verdict.action == KafkaAction::kTaken) {
        (void)window_.settle(news.index, true);
        refused_.note_accepted();
        waits_since_ = now_;
        down_ = false;
        trouble_ = {};
        if (!window_.failed()) {
            pace_.succeed(now_);
        }
        return;
    }
    if (verdict.action == KafkaAction::kEventRefused) {
        event_refused(news.index, verdict);
        return;
    }
    if (!spent_) {
        pause(verdict);
    }
    (void)window_.settle(news.index, false);
}

// One after the other, and none taken: then it is not the events that are wrong.
void KafkaOutput::event_refused(uint64_t index, const KafkaVerdict& verdict) {
    bool went_alone = index < alone_end_;
    bool left_out = went_alone && !refused_.too_many_in_a_row();
    if (left_out) {
        refused_.tell(index, verdict.problem);
    } else if (went_alone) {
        pause({KafkaAction::kHold, verdict.code, verdict.problem});
    } else {
        suspects_end_ = std::max(suspects_end_, index + 1);
    }
    (void)window_.settle(index, left_out);
}

void KafkaOutput::troubled(const KafkaNews& news) {
    KafkaVerdict verdict = judge(news.code);
    if (news.kind == KafkaNews::Kind::kFatal) {
        give_up(verdict);
        return;
    }
    if (verdict.code != ErrorCode::kNetwork) {
        trouble_ = verdict;
    } else if (news.kind == KafkaNews::Kind::kTrouble || outage_.message.empty()) {
        outage_ = Error{verdict.code, verdict.problem, 0};
    }
    down_ = down_ || news.kind == KafkaNews::Kind::kOutage;
    if (down_ && trouble_.action != KafkaAction::kTaken) {
        give_up(std::exchange(trouble_, {}));
    }
}

// The next producer asks for the topic anew, and reads files and password again.
void KafkaOutput::pause(const KafkaVerdict& verdict) {
    spent_ = true;
    if (verdict.action == KafkaAction::kHold) {
        pace_.hold(now_, verdict.problem);
    } else {
        pace_.back_off(now_, verdict.problem, verdict.code);
    }
}

void KafkaOutput::give_up(const KafkaVerdict& verdict) {
    pause(verdict);
    producer_.reset();
    offer_again();
}

void KafkaOutput::offer_again() {
    rewind_.to(window_.rewind());
    alone_end_ = suspects_end_;
}

void KafkaOutput::make_producer() {
    Secret password;
    if (!plan_.user_name.empty()) {
        Result<Secret> read = plan_.password();
        if (!read) {
            pace_.hold(now_, read.error().message);
            return;
        }
        password = std::move(*read);
    }
    Result<std::unique_ptr<KafkaProducer>> made =
        make_kafka_producer(library_, plan_, properties_, password, *waker_);
    if (!made) {
        pace_.hold(now_, made.error().message);
        return;
    }
    producer_ = std::move(*made);
    spent_ = false;
    uint32_t some = 0;
    (void)random_.fill(&some, sizeof some);
    born_ = now_;
    age_ms_ = age_max_ms_ - some % (age_max_ms_ / 4 + 1);
    down_ = false;
}

OutputHealth KafkaOutput::health() const {
    if (pace_.health() == OutputHealth::kBackingOff || (may_be_stuck() && now_ >= stuck_at())) {
        return OutputHealth::kBackingOff;
    }
    if (pace_.up()) {
        return OutputHealth::kUp;
    }
    return window_.waiting() > 0 ? OutputHealth::kConnecting : OutputHealth::kIdle;
}

OutputWait KafkaOutput::wait() const {
    OutputWait wait{waker_->descriptor(), StreamWants::kRead, -1};
    if (more_news_) {
        wait.timer_ms = 0;
    } else if (now_ < pace_.retry_at()) {
        end_wait_at(wait, now_, pace_.retry_at());
    } else if (!producer_ && !finishing_) {
        wait.timer_ms = kEndingPollMs;
    } else if (may_be_stuck() && now_ < stuck_at()) {
        end_wait_at(wait, now_, stuck_at());
    } else if (age_ms_ > 0 && window_.waiting() == 0) {
        end_wait_at(wait, now_, born_.after_millis(age_ms_));
    }
    return wait;
}

bool KafkaOutput::finish() {
    finishing_ = true;
    return window_.waiting() == 0 || health() == OutputHealth::kBackingOff;
}

}  // namespace

Result<std::unique_ptr<Output>> make_kafka_output(const OutputPlan& plan,
                                                  std::shared_ptr<KafkaLibrary> library,
                                                  Random& random) {
    const KafkaPlan& kafka = plan.kafka;
    if (kafka.plain && !std::all_of(kafka.brokers.begin(), kafka.brokers.end(), is_loopback)) {
        return fail(ErrorCode::kConfig, "a broker of another host takes TLS");
    }
    Result<std::unique_ptr<Waker>> waker = make_waker();
    if (!waker) {
        return fail(std::move(waker.error()));
    }
    return std::unique_ptr<Output>(
        std::make_unique<KafkaOutput>(plan, std::move(library), std::move(*waker), random));
}

Result<std::unique_ptr<Output>> make_kafka_output(const OutputPlan& plan, Random& random) {
    Result<std::shared_ptr<KafkaLibrary>> library = load_kafka_library();
    if (!library) {
        return fail(std::move(library.error()));
    }
    return make_kafka_output(plan, std::move(*library), random);
}

}  // namespace llmtrail
