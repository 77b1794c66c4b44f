#include "outputs/syslog.h"

#include <doctest/doctest.h>

#include "fakes/fake_network.h"
#include "fakes/fake_random.h"
#include "output_driver.h"
#include "outputs/connection.h"
#include "outputs/send_window.h"

using namespace llmtrail;

namespace {

OutputPlan plan(bool tls = false) {
    OutputPlan plan;
    plan.id = "soc";
    plan.type = "syslog";
    plan.address = {"siem.example.com", 6514};
    plan.carrier = tls ? Carrier::kTls : Carrier::kTcp;
    plan.host_name = "app01";
    plan.process_id = 42;
    return plan;
}

struct Bench {
    explicit Bench(OutputPlan with = plan(), uint64_t count = 50, size_t text_bytes = 40)
        : output(make_syslog_output(with, network, random)), driver(*output, count, text_bytes) {}

    // Indexes that receivers saw whole, over all connections.
    std::set<uint64_t> received() const {
        std::set<uint64_t> seen;
        for (const auto& connection : network.connections) {
            for (const std::string& frame : octet_frames(connection->received())) {
                CHECK(frame.starts_with(
                    "<166>1 2026-01-01T00:00:00.123Z app01 llmtrail 42 100 - CEF:0|"));
                seen.insert(index_in(frame));
            }
        }
        return seen;
    }

    FakeNetwork network;
    FakeRandom random{1};
    std::unique_ptr<Output> output;
    OutputDriver driver;
};

}  // namespace

TEST_CASE(
    "events arrive in order, framed by their length in bytes, and are confirmed when "
    "acknowledged") {
    Bench bench;
    bench.network.otherwise.acknowledges = false;
    for (int i = 0; i < 20; ++i) {
        bench.driver.turn();
    }
    CHECK(bench.received().size() == 50);
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.output->health() == OutputHealth::kUp);

    FakeConnection& connection = bench.network.last();
    std::vector<std::string> frames = octet_frames(connection.taken);
    connection.acknowledged = connection.taken.size() - 1;
    bench.driver.turn();
    CHECK(bench.output->confirmed_end() == 49);
    connection.acknowledged = connection.taken.size();
    bench.driver.turn();
    CHECK(bench.output->confirmed_end() == 50);
    CHECK(frames.size() == 50);
    CHECK(index_in(frames[7]) == 7);
    CHECK(bench.output->resent_events() == 0);
    CHECK_FALSE(connection.tls);
}

TEST_CASE("a frame's length counts bytes, not characters") {
    FakeNetwork network;
    FakeRandom random(1);
    auto output = make_syslog_output(plan(), network, random);
    FakeClock clock;
    output->work(clock.monotonic);
    OutputEvent event;
    event.text = "CEF:0|\xC3\xA9\xF0\x9F\x98\x80";
    event.event_class = 605;
    event.syslog_severity = 4;
    REQUIRE(output->offer(event));
    output->work(clock.monotonic);
    std::vector<std::string> frames = octet_frames(network.last().taken);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0] ==
          "<164>1 1970-01-01T00:00:00.000Z app01 llmtrail 42 605 - CEF:0|\xC3\xA9\xF0\x9F\x98\x80");
}

TEST_CASE("with LF framing one event is one line that begins with '<', whatever its text") {
    OutputPlan lf = plan();
    lf.octet_counting = false;
    lf.host_name = "host with spaces";
    lf.process_id = 0;
    FakeNetwork network;
    FakeRandom random(1);
    auto output = make_syslog_output(lf, network, random);
    FakeClock clock;
    output->work(clock.monotonic);
    OutputEvent event;
    event.text = "CEF:0|a\n<13>forged";
    event.event_class = 100;
    REQUIRE(output->offer(event));
    output->work(clock.monotonic);
    CHECK(network.last().taken ==
          "<166>1 1970-01-01T00:00:00.000Z - llmtrail - 100 - CEF:0|a <13>forged\n");
}

TEST_CASE("whatever the connection does, no event is lost and the stream goes on") {
    // Breaks after every possible number of bytes of the first connections, with and without loss
    // behind the kernel.
    size_t frame = 0;
    {
        Bench whole;
        REQUIRE(whole.driver.run_until_confirmed());
        frame = whole.network.last().taken.size() / 50;
    }
    for (size_t bytes = 0; bytes <= 6 * frame; bytes += 7) {
        for (size_t lost : {size_t{0}, frame, 5 * frame}) {
            Bench bench;
            for (int i = 0; i < 3; ++i) {
                FakePeer peer;
                peer.break_after_bytes = bytes + static_cast<size_t>(i) * frame;
                peer.write_bytes_max = 1 + bytes % 97;
                peer.lost_bytes = i == 0 ? lost : 0;
                bench.network.scripts.push_back(peer);
            }
            REQUIRE(bench.driver.run_until_confirmed());
            CHECK(bench.received().size() == 50);
            CHECK(bench.network.connections.size() == 4);
        }
    }
}

TEST_CASE("what was confirmed lately is sent again after a break, once") {
    Bench bench;
    REQUIRE(bench.driver.run_until_confirmed());
    bench.network.last().break_now({ErrorCode::kClosed, "closed", 0});
    REQUIRE_FALSE(bench.network.last().destroyed);
    for (int i = 0; i < 200; ++i) {
        bench.driver.turn();
    }
    REQUIRE(bench.driver.rewinds.size() == 1);
    CHECK(bench.driver.rewinds[0] == 0);
    CHECK(bench.output->resent_events() == 50);
    CHECK(bench.output->confirmed_end() == 50);
    CHECK(octet_frames(bench.network.last().taken).size() == 50);

    bench.network.last().break_now({ErrorCode::kClosed, "closed", 0});
    for (int i = 0; i < 200; ++i) {
        bench.driver.turn();
    }
    CHECK(bench.driver.rewinds.size() == 1);
    CHECK(bench.network.connections.size() == 3);
    CHECK(bench.network.last().taken.empty());
}

TEST_CASE(
    "a receiver that takes a little and closes, for ever, does not hold the stream in place") {
    Bench bench(plan(), 400, 2000);
    bench.network.otherwise.break_after_bytes = 30'000;
    bench.network.otherwise.break_error = {ErrorCode::kClosed, "closed", 0};
    REQUIRE(bench.driver.run_until_confirmed(200'000));
    CHECK(bench.received().size() == 400);
}

TEST_CASE("the resend window is bounded in bytes") {
    SendWindow window;
    for (uint64_t i = 0; i < 1000; ++i) {
        CHECK_FALSE(window.add(i, 1000));
    }
    window.confirm(1'000'000);
    std::optional<uint64_t> from = window.rewind();
    REQUIRE(from);
    CHECK(*from == 1000 - kResendWindowBytes / 1000);
    CHECK(window.add(*from, 1000));
    CHECK(window.confirmed_end() == 1000);
}

TEST_CASE("a stalled receiver takes no more than the send buffer and is waited for") {
    Bench bench(plan(), 100'000, 1000);
    bench.network.otherwise.room_bytes = 10'000;
    bench.network.otherwise.acknowledges = false;
    for (int i = 0; i < 50; ++i) {
        bench.driver.turn();
    }
    constexpr uint64_t kFitting = kSendBufferBytesMax / 1000;
    CHECK(bench.driver.next < kFitting + 12);
    CHECK(bench.driver.next > kFitting * 9 / 10);
    CHECK(bench.output->wait().wants == StreamWants::kWrite);
    CHECK(bench.output->health() == OutputHealth::kUp);
    CHECK(bench.network.attempts == 1);
}

TEST_CASE("an event that did not fit is asked for as soon as there is room") {
    constexpr uint64_t kFitting = kSendBufferBytesMax / 1000;
    Bench bench(plan(true), 3 * kFitting, 1000);
    bench.driver.turn();
    CHECK(bench.driver.next > kFitting * 9 / 10);
    CHECK(bench.driver.next < kFitting + 12);
    CHECK(bench.output->wait().timer_ms == 0);
    while (bench.driver.next < 3 * kFitting) {
        bench.driver.turn(0);
    }
    CHECK(bench.output->wait().timer_ms > 900);  // nothing left but to be confirmed
}

TEST_CASE("an event larger than the send buffer still goes out") {
    Bench bench(plan(), 3, kSendBufferBytesMax + 100'000);
    bench.network.otherwise.write_bytes_max = 5'000;
    REQUIRE(bench.driver.run_until_confirmed());
    CHECK(bench.received().size() == 3);
}

TEST_CASE(
    "a refused connection is tried again, later and later but not in step, and the error is kept") {
    Bench bench;
    bench.network.otherwise.refuse_at_once = Error{ErrorCode::kTls, "ca.pem: no such file", 0};
    int64_t start = bench.driver.clock.monotonic.value;
    std::vector<int64_t> attempts;
    while (attempts.size() < 12) {
        size_t before = bench.network.attempts;
        bench.driver.turn(1);
        if (bench.network.attempts > before) {
            attempts.push_back((bench.driver.clock.monotonic.value - start) / kNanosPerMilli);
        }
    }
    CHECK(attempts[1] - attempts[0] <= 202);
    CHECK(attempts[11] - attempts[10] <= 30'002);
    CHECK(attempts[11] - attempts[0] > 10'000);
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
    CHECK(bench.output->last_error().code == ErrorCode::kTls);
    CHECK(bench.driver.next == 0);
    CHECK(bench.driver.rewinds.empty());
}

TEST_CASE("a connection that does not come about is given up at the deadline") {
    Bench bench;
    bench.network.otherwise.establish_rounds = 1'000'000;
    for (int i = 0; i < 21; ++i) {
        bench.driver.turn(1'000);
    }
    CHECK(bench.output->health() != OutputHealth::kUp);
    CHECK(bench.network.connections[0]->destroyed);
    CHECK(bench.output->last_error().code == ErrorCode::kTimeout);
}

TEST_CASE(
    "over TLS nothing is confirmed until the receiver has had time to refuse the certificate") {
    Bench bench(plan(true));
    for (int i = 0; i < 100; ++i) {
        bench.driver.turn(9);
        REQUIRE(bench.output->confirmed_end() == 0);
    }
    CHECK(bench.network.last().tls);
    CHECK(bench.received().size() == 50);
    bench.network.last().break_now({ErrorCode::kTls, "it requires a client certificate", 0});
    bench.driver.turn();
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.output->last_error().message == "it requires a client certificate");
    REQUIRE(bench.driver.run_until_confirmed());
    CHECK(bench.driver.rewinds == std::vector<uint64_t>{0});
}

TEST_CASE(
    "finish() waits until all is written and the receiver has closed, and then resends nothing") {
    Bench bench;
    bench.network.otherwise.write_bytes_max = 100;
    bench.network.otherwise.room_bytes = 2000;
    bench.network.otherwise.closes_after_shutdown = false;
    for (int i = 0; i < 10; ++i) {
        bench.driver.turn();
    }
    CHECK_FALSE(bench.output->finish());
    CHECK_FALSE(bench.network.last().shut_down);
    CHECK_FALSE(bench.driver.offer(50));
    bench.network.last().peer.room_bytes = SIZE_MAX;
    bench.output->work(bench.driver.clock.monotonic);
    CHECK_FALSE(bench.output->finish());
    CHECK(bench.network.last().shut_down);
    CHECK_FALSE(bench.network.last().destroyed);
    bench.network.last().peer.closes_after_shutdown = true;
    bench.output->work(bench.driver.clock.monotonic);
    CHECK(bench.output->finish());
    CHECK(bench.output->confirmed_end() == 50);
    uint64_t from = 0;
    CHECK_FALSE(bench.output->take_rewind(from));
    bench.output->work(bench.driver.clock.monotonic);
    CHECK(bench.network.attempts == 1);
}

TEST_CASE("over a carrier that keeps messages each event is one, without framing") {
    Bench bench;
    bench.network.otherwise.message_bytes_max = 1000;
    bench.network.otherwise.room_bytes = 20 * 130;
    for (int i = 0; i < 5; ++i) {
        bench.driver.turn();
    }
    size_t sent = bench.network.last().messages.size();
    CHECK(sent > 10);
    CHECK(bench.driver.next == sent + 1);  // one waits for room
    CHECK(bench.output->confirmed_end() == sent);
    bench.network.last().peer.room_bytes = SIZE_MAX;
    REQUIRE(bench.driver.run_until_confirmed());
    const std::vector<std::string>& messages = bench.network.last().messages;
    REQUIRE(messages.size() == 50);
    for (size_t i = 0; i < messages.size(); ++i) {
        CHECK(messages[i].starts_with("<166>1 2026-01-01T00:00:00.123Z app01 llmtrail 42 100 - "));
        CHECK(index_in(messages[i]) == i);
    }
    bench.network.last().peer.closes_after_shutdown = false;  // nobody says farewell there
    CHECK(bench.output->finish());
}

TEST_CASE("an event that is larger than a message may be is told and left out, the rest goes on") {
    Bench bench(plan(), 3, 40);
    bench.network.otherwise.message_bytes_max = 150;
    bench.driver.turn();
    auto offer = [&](uint64_t index, size_t bytes) {
        OutputEvent event;
        event.index = index;
        std::string text = OutputDriver::text_of(index, bytes);
        event.text = text;
        return bench.output->offer(event);
    };
    CHECK(bench.driver.next == 3);
    CHECK(offer(3, 200));
    CHECK(offer(4, 10));
    bench.driver.turn();
    CHECK(bench.output->confirmed_end() == 5);
    CHECK(bench.network.last().messages.size() == 4);
    RefusedEvent refused;
    REQUIRE(bench.output->take_refused(refused));
    CHECK(refused.index == 3);
    CHECK(refused.reason == "larger than a message may be");
    CHECK_FALSE(bench.output->take_refused(refused));
    CHECK(bench.network.attempts == 1);
}

TEST_CASE("a connection over TLS is made anew when it is old, in order and without duplicates") {
    OutputPlan hourly = plan(true);
    hourly.tls.connection_age_max_ms = 3'600'000;
    Bench bench(hourly);
    REQUIRE(bench.driver.run_until_confirmed());
    int64_t wait_ms = bench.output->wait().timer_ms;
    CHECK(wait_ms > 2'600'000);
    CHECK(wait_ms <= 3'600'000);
    bench.driver.clock.advance_millis(wait_ms);
    CHECK(bench.network.connections.size() == 1);
    bench.driver.turn();
    CHECK_FALSE(bench.driver.offer(50));
    bench.driver.turn();
    bench.driver.turn();
    CHECK(bench.network.connections[0]->shut_down);
    REQUIRE(bench.network.connections.size() == 2);
    CHECK(bench.output->health() == OutputHealth::kUp);
    CHECK(bench.driver.rewinds.empty());
    CHECK(bench.driver.offer(50));

    Bench plain;  // there is no certificate to look at again
    REQUIRE(plain.driver.run_until_confirmed());
    CHECK(plain.output->wait().timer_ms == -1);
}

TEST_CASE("a receiver that does not close after the farewell is left, and the last events resent") {
    OutputPlan hourly = plan(true);
    hourly.tls.connection_age_max_ms = 3'600'000;
    Bench bench(hourly);
    bench.network.otherwise.closes_after_shutdown = false;
    REQUIRE(bench.driver.run_until_confirmed());
    bench.driver.turn(3'600'000);
    for (int i = 0; i < 30; ++i) {
        bench.driver.turn(1'000);
    }
    CHECK(bench.network.connections.size() == 2);
    CHECK(bench.driver.rewinds == std::vector<uint64_t>{0});
    CHECK(bench.output->last_error().message == "the receiver did not close after the farewell");
}

TEST_CASE("an output that never came up finishes at once") {
    Bench bench;
    CHECK(bench.output->finish());
    bench.network.otherwise.establish_rounds = 100;
    Bench connecting;
    connecting.network.otherwise.establish_rounds = 100;
    connecting.driver.turn();
    CHECK(connecting.output->finish());
}
