#include <doctest/doctest.h>
#include <poll.h>

#include "base/utf8.h"
#include "fakes/certificates.h"
#include "fakes/fake_random.h"
#include "format/formatter.h"
#include "outputs/outputs.h"
#include "platform/posix.h"
#include "rsyslog_receiver.h"

using namespace llmtrail;

namespace {

constexpr int64_t kEventTimeNs = 1'767'225'600'120'000'000;  // 2026-01-01T00:00:00.120Z

// Events of all sizes up to the default limit, of text that does its worst.
std::vector<std::string> make_events(size_t count) {
    FormatOptions options;
    options.host_id = "7d9f2c3a5b8e4f60a1b2c3d4e5f60718";
    options.host_name = "app01";
    options.prompt_preview_characters = 1500;
    options.response_preview_characters = 3000;
    auto formatter = make_cef_formatter(options);
    FakeRandom random(99);
    std::vector<std::string> events;
    for (size_t i = 0; i < count; ++i) {
        AuditRecord record;
        record.set_text(Field::kEventKind, "inference");
        record.set_text(Field::kUserName, "user-seven");
        std::string text = "12 <134>1 2026-01-01T00:00:00Z h a - - CEF:0|a|b|c|1|n|9|act=x\n";
        for (uint64_t n = random.below(3000); n > 0; --n) {
            append_utf8(text, static_cast<uint32_t>(random.below(8) == 0 ? random.below(0x110000)
                                                                         : random.below(256)));
        }
        record.set_text(Field::kPromptText, text);
        record.set_text(Field::kResponseText, text);
        std::string id = "event" + std::to_string(i);
        SpoolReference reference;
        reference.index = i;
        reference.event_id = id;
        formatter->format(record, reference, events.emplace_back());
    }
    return events;
}

OutputPlan plan_for(const RsyslogReceiver& receiver, const CertificateDirectory& certificates) {
    OutputPlan plan;
    plan.id = "soc";
    plan.type = "syslog";
    plan.address = receiver.endpoint();
    plan.tls.ca_file = certificates.path("ca.pem");
    plan.host_name = "app01";
    plan.process_id = 42;
    return plan;
}

class Delivery {
 public:
    explicit Delivery(const OutputPlan& plan)
        : output_(std::move(*make_output(plan, *network_, *files_, *random_))) {}

    void deliver(const std::vector<std::string>& events) {
        size_t next = 0;
        run([&] {
            uint64_t from = 0;
            if (output_->take_rewind(from)) {
                next = from;
            }
            while (next < events.size() && offer(events, next)) {
                ++next;
            }
            return output_->confirmed_end() >= events.size() ||
                   output_->health() == OutputHealth::kBackingOff;
        });
    }

    void finish() {
        run([&] { return output_->finish(); });
    }

    Output& output() { return *output_; }

 private:
    bool offer(const std::vector<std::string>& events, size_t index) {
        OutputEvent event;
        event.index = index;
        event.text = events[index];
        event.event_time_ns = kEventTimeNs;
        event.event_class = 100;
        return output_->offer(event);
    }

    template <typename Done>
    void run(Done done) {
        MonotonicNanos end = clock_->monotonic_now().after_millis(20'000);
        while (clock_->monotonic_now() < end) {
            output_->work(clock_->monotonic_now());
            if (done()) {
                return;
            }
            output_->work(clock_->monotonic_now());
            OutputWait wait = output_->wait();
            short wanted = wait.wants == StreamWants::kWrite ? POLLOUT : POLLIN;
            pollfd entry{wait.descriptor, wanted, 0};
            ::poll(&entry, 1,
                   wait.timer_ms < 0 ? 1'000
                                     : static_cast<int>(std::min<int64_t>(wait.timer_ms, 1'000)));
        }
        FAIL("nothing happened in 20 seconds");
    }

    std::unique_ptr<Network> network_ = make_posix_network();
    std::unique_ptr<FileSystem> files_ = make_posix_file_system();
    std::unique_ptr<Random> random_ = make_posix_random();
    std::unique_ptr<Clock> clock_ = make_posix_clock();
    std::unique_ptr<Output> output_;
};

bool skip() {
    if (!RsyslogReceiver::installed()) {
        MESSAGE("SKIPPED: needs the packages rsyslog, rsyslog-openssl and rsyslog-relp");
        return true;
    }
    return false;
}

}  // namespace

TEST_CASE(
    "rsyslog receives every event over TLS 1.3 with octet counting, in order and byte for byte") {
    if (skip()) {
        return;
    }
    CertificateDirectory certificates;
    certificates.issue("server", {});
    RsyslogReceiver receiver({&certificates});
    REQUIRE_MESSAGE(receiver.started(), receiver.complaints());
    std::vector<std::string> events = make_events(1'000);
    Delivery delivery(plan_for(receiver, certificates));
    delivery.deliver(events);
    CHECK(delivery.output().confirmed_end() == events.size());
    delivery.finish();
    CHECK(delivery.output().resent_events() == 0);
    std::vector<std::string> received = receiver.stop();
    CHECK(received.size() == events.size());
    CHECK(received == events);
}

TEST_CASE(
    "rsyslog that refuses the agent's certificate gets nothing confirmed, and one it accepts gets "
    "all") {
    if (skip()) {
        return;
    }
    CertificateDirectory certificates;
    certificates.issue("server", {});
    certificates.issue("client", {"agent", "DNS:app01.example.com", -3600, 3600});
    CertificateDirectory stranger;
    stranger.issue("client", {"agent", "DNS:app01.example.com", -3600, 3600});
    RsyslogReceiver receiver({&certificates, RsyslogInput::kTcp, certificates.path("ca.pem")});
    REQUIRE_MESSAGE(receiver.started(), receiver.complaints());
    std::vector<std::string> events = make_events(20);

    OutputPlan plan = plan_for(receiver, certificates);
    plan.tls.cert_file = stranger.path("client.pem");
    plan.tls.key_file = stranger.path("client.key");
    Delivery refused(plan);
    refused.deliver(events);
    CHECK(refused.output().confirmed_end() == 0);
    CHECK(refused.output().health() == OutputHealth::kBackingOff);
    CHECK(refused.output().last_error().message != "");

    plan.tls.cert_file = certificates.path("client.pem");
    plan.tls.key_file = certificates.path("client.key");
    Delivery accepted(plan);
    accepted.deliver(events);
    CHECK(accepted.output().confirmed_end() == events.size());
    accepted.finish();
    CHECK(receiver.stop() == events);
}

TEST_CASE("rsyslog's imrelp acknowledges every event over TLS 1.3 with a client certificate") {
    if (skip()) {
        return;
    }
    CertificateDirectory certificates;
    certificates.issue("server", {});
    certificates.issue("client", {"agent", "DNS:app01.example.com", -3600, 3600});
    RsyslogReceiver receiver({&certificates, RsyslogInput::kRelp});
    REQUIRE_MESSAGE(receiver.started(), receiver.complaints());
    OutputPlan plan = plan_for(receiver, certificates);
    plan.relp = true;
    plan.tls.cert_file = certificates.path("client.pem");
    plan.tls.key_file = certificates.path("client.key");
    std::vector<std::string> events = make_events(1'000);
    Delivery delivery(plan);
    delivery.deliver(events);
    CHECK(delivery.output().confirmed_end() == events.size());
    CHECK(delivery.output().confirmation() == Confirmation::kAcknowledged);
    delivery.finish();
    CHECK(delivery.output().resent_events() == 0);
    CHECK(receiver.stop() == events);
}

TEST_CASE("rsyslog receives every event byte for byte over each plain transport") {
    if (skip()) {
        return;
    }
    CertificateDirectory certificates;
    for (RsyslogInput input : {RsyslogInput::kRelp, RsyslogInput::kUnix, RsyslogInput::kUdp}) {
        CAPTURE(static_cast<int>(input));
        RsyslogReceiver receiver({nullptr, input});
        REQUIRE_MESSAGE(receiver.started(), receiver.complaints());
        OutputPlan plan = plan_for(receiver, certificates);
        plan.relp = input == RsyslogInput::kRelp;
        plan.carrier = input == RsyslogInput::kUnix  ? Carrier::kUnix
                       : input == RsyslogInput::kUdp ? Carrier::kUdp
                                                     : Carrier::kTcp;
        plan.socket_path = receiver.socket_path();
        std::vector<std::string> events = make_events(input == RsyslogInput::kUdp ? 10 : 1'000);
        Delivery delivery(plan);
        delivery.deliver(events);
        CHECK(delivery.output().confirmed_end() == events.size());
        delivery.finish();
        CHECK(delivery.output().resent_events() == 0);
        while (input == RsyslogInput::kUdp && receiver.messages().size() < events.size()) {
            ::poll(nullptr, 0, 10);  // the test's own time limit ends this
        }
        CHECK(receiver.stop() == events);
    }
}

TEST_CASE(
    "rsyslog receives every event and its header over plain TCP in both framings, one line each") {
    if (skip()) {
        return;
    }
    CertificateDirectory certificates;
    for (bool octet_counting : {true, false}) {
        CAPTURE(octet_counting);
        RsyslogPlan host;
        host.line =
            "%app-name% %timereported:::date-rfc3339% %hostname% %procid% %msgid% "
            "%syslogfacility-text% %msg%";
        RsyslogReceiver receiver(host);
        REQUIRE_MESSAGE(receiver.started(), receiver.complaints());
        OutputPlan plan = plan_for(receiver, certificates);
        plan.carrier = Carrier::kTcp;
        plan.octet_counting = octet_counting;
        std::vector<std::string> events = make_events(1'000);
        Delivery delivery(plan);
        delivery.deliver(events);
        CHECK(delivery.output().confirmed_end() == events.size());
        delivery.finish();
        CHECK(delivery.output().resent_events() == 0);
        std::vector<std::string> wanted;
        for (const std::string& event : events) {
            REQUIRE(event.starts_with("CEF:0|"));
            wanted.push_back("llmtrail 2026-01-01T00:00:00.120Z app01 42 100 local4 " + event);
        }
        CHECK(receiver.stop() == wanted);
    }
}

TEST_CASE("an event that rsyslog forwards as RFC 3164 keeps its program's name and all its text") {
    if (skip()) {
        return;
    }
    CertificateDirectory certificates;
    RsyslogPlan last;
    last.line = "%programname% %timereported:::date-rfc3164% %hostname%%msg%";
    RsyslogReceiver receiver(last);
    REQUIRE_MESSAGE(receiver.started(), receiver.complaints());
    RsyslogPlan host;
    host.forward_to = receiver.endpoint();
    RsyslogReceiver forwarder(host);
    REQUIRE_MESSAGE(forwarder.started(), forwarder.complaints());
    OutputPlan plan = plan_for(forwarder, certificates);
    plan.carrier = Carrier::kTcp;
    plan.octet_counting = false;
    std::vector<std::string> events = make_events(200);
    Delivery delivery(plan);
    delivery.deliver(events);
    delivery.finish();
    while (receiver.messages().size() < events.size()) {
        ::poll(nullptr, 0, 10);  // the test's own time limit ends this
    }
    std::vector<std::string> wanted;
    for (const std::string& event : events) {
        wanted.push_back("llmtrail Jan  1 00:00:00 app01 " + event);
    }
    CHECK(receiver.stop() == wanted);
}
