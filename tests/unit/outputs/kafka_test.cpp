#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kafka_bench.h"
#include "outputs/kafka_window.h"

using namespace llmtrail;

namespace {

bool told(const KafkaBench& bench, const std::string& words) {
    return std::any_of(bench.problems.begin(), bench.problems.end(), [&](const std::string& text) {
        return text.find(words) != std::string::npos;
    });
}

bool all_once(const std::vector<StoredMessage>& messages, uint64_t count) {
    std::map<uint64_t, int> times = KafkaBench::times(messages);
    return messages.size() == count && times.size() == count;
}

}  // namespace

TEST_CASE("every event is stored once, in order, under the host's id and with its headers") {
    constexpr uint64_t kEvents = 5'000;
    KafkaCluster cluster(3);
    KafkaBench bench(cluster, kEvents);
    REQUIRE(bench.run_until_confirmed());
    CHECK(bench.output->health() == OutputHealth::kUp);
    CHECK(bench.output->confirmation() == Confirmation::kAcknowledged);
    CHECK(bench.output->resent_events() == 0);
    CHECK(bench.problems.empty());
    std::vector<StoredMessage> messages = cluster.read_all();
    REQUIRE(messages.size() == kEvents);
    for (uint64_t i = 0; i < kEvents; ++i) {
        const StoredMessage& message = messages[i];
        REQUIRE(message.headers.at("event_id") == "id" + std::to_string(i));
        REQUIRE(message.headers.at("event_class") == "100");
        REQUIRE(message.headers.size() == 2);
        REQUIRE(message.key == "host-1");
        REQUIRE(message.partition == messages[0].partition);
        REQUIRE(message.value.find("externalId=" + std::to_string(i) + "xxx") != std::string::npos);
    }
}

TEST_CASE("what the lane marks as sent before says so in a header") {
    KafkaCluster cluster;
    KafkaBench bench(cluster, 10);
    bench.resent_below = 4;
    REQUIRE(bench.run_until_confirmed());
    std::vector<StoredMessage> messages = cluster.read_all();
    REQUIRE(messages.size() == 10);
    for (size_t i = 0; i < messages.size(); ++i) {
        CHECK(messages[i].headers.count("llmtrail_resent") == (i < 4 ? 1 : 0));
    }
    CHECK(messages[0].headers.at("llmtrail_resent") == "1");
}

TEST_CASE("brokers that are down are told, and nothing is lost or comes twice when they are back") {
    KafkaCluster cluster(2);
    KafkaBench bench(cluster, 100);
    REQUIRE(bench.run_until_confirmed());
    cluster.set_down(true);
    bench.more(100);
    CHECK(bench.run_until([&] { return bench.output->health() == OutputHealth::kBackingOff; }));
    CHECK(told(bench, "no broker can be reached"));
    CHECK(bench.output->confirmed_end() == 100);
    cluster.set_down(false);
    REQUIRE(bench.run_until_confirmed());
    CHECK(bench.output->health() == OutputHealth::kUp);
    CHECK(all_once(cluster.read_all(), 200));
    CHECK(bench.output->resent_events() == 0);
}

TEST_CASE("what a broker answers for the time being is tried again by the producer itself") {
    KafkaCluster cluster;
    cluster.answer(KafkaCluster::kProduce,
                   {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT,
                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                    RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE});
    KafkaBench bench(cluster, 500);
    REQUIRE(bench.run_until_confirmed());
    CHECK(all_once(cluster.read_all(), 500));
}

TEST_CASE("without the right to the topic the output holds, and goes on when it is given") {
    KafkaCluster cluster;
    cluster.answer(KafkaCluster::kProduce, std::vector<rd_kafka_resp_err_t>(
                                               50, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED));
    KafkaBench bench(cluster, 200);
    CHECK(bench.run_until([&] { return !bench.problems.empty(); }));
    CHECK(told(bench, "may not write to the topic (TOPIC_AUTHORIZATION_FAILED)"));
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.output->last_error().code == ErrorCode::kConfig);
    CHECK(bench.output->wait().timer_ms >= 29'000);
    cluster.answer_as_asked(KafkaCluster::kProduce);
    REQUIRE(bench.run_until_confirmed());
    CHECK(all_once(cluster.read_all(), 200));
    CHECK(bench.output->health() == OutputHealth::kUp);
    CHECK(bench.refused.empty());
}

TEST_CASE("a topic that is not there is told, and used when somebody has made it") {
    KafkaCluster cluster;
    cluster.say_of_topic(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    KafkaBench bench(cluster, 100);
    CHECK(bench.run_until([&] { return !bench.problems.empty(); }));
    CHECK(told(bench, "no such topic"));
    CHECK(bench.output->confirmed_end() == 0);
    cluster.say_of_topic(RD_KAFKA_RESP_ERR_NO_ERROR);
    REQUIRE(bench.run_until_confirmed());
    CHECK(all_once(cluster.read_all(), 100));
}

TEST_CASE("an answer that no trying again mends is told, and the events go again, marked") {
    KafkaCluster cluster;
    KafkaBench bench(cluster, 50);
    REQUIRE(bench.run_until_confirmed());
    cluster.answer(KafkaCluster::kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
    bench.more(50);
    REQUIRE(bench.run_until_confirmed());
    CHECK(told(bench, "TOPIC_AUTHORIZATION_FAILED"));
    CHECK(bench.output->resent_events() > 0);
    CHECK(all_once(cluster.read_all(), 100));
}

TEST_CASE("after a fatal error a new producer goes on, and what had no answer goes again, marked") {
    KafkaCluster cluster;
    KafkaBench bench(cluster, 50);
    REQUIRE(bench.run_until_confirmed());
    cluster.answer(KafkaCluster::kProduce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
    bench.more(50);
    REQUIRE(bench.run_until_confirmed());
    CHECK(told(bench, "OUT_OF_ORDER_SEQUENCE_NUMBER"));
    CHECK(bench.output->resent_events() > 0);
    std::map<uint64_t, int> times = KafkaBench::times(cluster.read_all());
    CHECK(times.size() == 100);
}

TEST_CASE("an event that is too large is left out, those that went with it are stored once") {
    KafkaCluster cluster;
    KafkaBench bench(cluster, 10);
    REQUIRE(bench.run_until_confirmed());
    // A batch of several is refused, then the second of its events alone.
    cluster.answer(KafkaCluster::kProduce,
                   {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_NO_ERROR,
                    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
    bench.more(10);
    REQUIRE(bench.run_until_confirmed());
    REQUIRE(bench.refused.size() == 1);
    CHECK(bench.refused.begin()->first == 11);
    CHECK(bench.refused.begin()->second == "larger than the topic takes (MSG_SIZE_TOO_LARGE)");
    std::vector<StoredMessage> messages = cluster.read_all();
    CHECK(all_once(messages, 19));
    CHECK(KafkaBench::times(messages).count(11) == 0);
}

TEST_CASE("a topic that takes no event at all is in trouble: after sixteen the output holds") {
    KafkaCluster cluster;
    cluster.answer(KafkaCluster::kProduce,
                   std::vector<rd_kafka_resp_err_t>(60, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE));
    KafkaBench bench(cluster, 100);
    CHECK(bench.run_until([&] { return !bench.problems.empty(); }));
    CHECK(told(bench, "larger than the topic takes"));
    CHECK(bench.refused.size() == 16);
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
    cluster.answer_as_asked(KafkaCluster::kProduce);
    REQUIRE(bench.run_until_confirmed());
    CHECK(all_once(cluster.read_all(), 100 - bench.refused.size()));
}

TEST_CASE("a broker that lets nobody in is told, and the password read again each time") {
    KafkaCluster cluster;  // knows nothing of signing in
    OutputPlan plan = KafkaBench::plan_for(cluster.brokers());
    plan.kafka.user_name = "llmtrail";
    int reads = 0;
    plan.kafka.password = [&reads]() -> Result<Secret> {
        ++reads;
        return Secret::copy_of("canary-0008");
    };
    KafkaBench bench(plan, 10);
    MonotonicNanos begun = bench.clock.monotonic;
    CHECK(bench.run_until([&] { return reads >= 3; }));
    REQUIRE(bench.problems.size() == 1);
    CHECK(*bench.problems.begin() == "a broker refuses user or password (_AUTHENTICATION)");
    CHECK(bench.clock.monotonic.millis_since(begun) >= 2 * 30'000);  // no storm of attempts
    CHECK(bench.output->confirmed_end() == 0);
}

TEST_CASE("a producer that is old ends in order, and the next goes on without duplicates") {
    KafkaCluster cluster;
    OutputPlan plan = KafkaBench::plan_for(cluster.brokers());
    plan.tls.connection_age_max_ms = 60'000;
    KafkaBench bench(plan, 100);
    REQUIRE(bench.run_until_confirmed());
    for (int i = 0; i < 5; ++i) {
        bench.more(100);
        for (int turns = 0; turns < 3; ++turns) {
            bench.turn();  // some are under way
        }
        bench.clock.advance_millis(61'000);
        bench.output->work(bench.clock.monotonic);
        if (bench.output->confirmed_end() < bench.next) {
            CHECK_FALSE(bench.offer(bench.next));  // not before what is under way is confirmed
        }
        REQUIRE(bench.run_until_confirmed());
    }
    CHECK(all_once(cluster.read_all(), 600));
    CHECK(bench.output->resent_events() == 0);
    CHECK(bench.problems.empty());
}

TEST_CASE("what waits for brokers stays within its budget of bytes") {
    constexpr size_t kQueue = size_t{2} << 20;
    KafkaCluster cluster;
    KafkaBench bench(cluster, 20, {.text_bytes = 10'000, .queue_bytes_max = kQueue});
    REQUIRE(bench.run_until_confirmed());
    cluster.set_down(true);
    bench.more(1'000);
    for (int i = 0; i < 100; ++i) {
        bench.turn();
    }
    uint64_t waiting = bench.next - bench.output->confirmed_end();
    CHECK(waiting * 10'000 <= kQueue);
    CHECK(waiting * 11'000 > kQueue - 20'000);  // and uses it
    cluster.set_down(false);
    REQUIRE(bench.run_until_confirmed());
    CHECK(all_once(cluster.read_all(), 1'020));
}

TEST_CASE("an output with nothing to do waits for a descriptor and sleeps") {
    KafkaCluster cluster;
    KafkaBench bench(cluster, 10);
    REQUIRE(bench.run_until_confirmed());
    int turns = 0;
    int64_t left_ms = 1'000;
    while (left_ms > 0) {
        bench.output->work(bench.clock.monotonic);
        OutputWait wait = bench.output->wait();
        REQUIRE(wait.descriptor >= 0);
        CHECK(wait.wants == StreamWants::kRead);
        CHECK((wait.timer_ms < 0 || wait.timer_ms > 10));
        std::array entries{WaitEntry{wait.descriptor, wait.wants}};
        Result<int> ready = wait_for(entries, 100);
        REQUIRE(ready);
        left_ms -= *ready == 0 ? 100 : 0;
        ++turns;
    }
    CHECK(turns < 30);
    CHECK(bench.output->finish());
}

TEST_CASE("at the end what the producer has is waited for") {
    KafkaCluster cluster;
    KafkaBench bench(cluster, 1'000);
    bench.turn();
    bench.turn();
    while (!bench.output->finish()) {
        bench.output->work(bench.clock.monotonic);
        bench.pass_time();
    }
    CHECK_FALSE(bench.offer(bench.next));
    CHECK(bench.output->confirmed_end() == bench.next);
    CHECK(all_once(cluster.read_all(), bench.next));
}

TEST_CASE("a library that is not installed is named with the package that brings it") {
    Result<std::shared_ptr<KafkaLibrary>> none = load_kafka_library("librdkafka-none.so.1");
    REQUIRE_FALSE(none);
    CHECK(none.error().code == ErrorCode::kUnsupported);
    CHECK(none.error().message == "librdkafka-none.so.1 is not installed: apt install librdkafka1");
    Result<std::shared_ptr<KafkaLibrary>> other = load_kafka_library("libz.so.1");
    REQUIRE_FALSE(other);
    CHECK(other.error().message.find("not the library") != std::string::npos);
}

TEST_CASE("without TLS no broker of another address is spoken to, whoever names it") {
    FakeRandom random(1);
    OutputPlan remote = KafkaBench::plan_for({{"kafka.example.com", 9092}});
    CHECK_FALSE(make_kafka_output(remote, random));

    // 0.0.0.0 leads to this host, but is no address of its loopback: what a broker names as its
    // own address takes the same way.
    int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    REQUIRE(::bind(listener, generic, size) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    REQUIRE(::getsockname(listener, generic, &size) == 0);
    uint16_t port = ntohs(address.sin_port);

    auto connects = [&](const char* host) {
        KafkaPlan plan = KafkaBench::plan_for({{host, port}}).kafka;
        std::unique_ptr<Waker> waker = std::move(*make_waker());
        std::shared_ptr<KafkaLibrary> library = *load_kafka_library();
        auto producer =
            make_kafka_producer(library, plan, kafka_properties(plan, {}), Secret(), *waker);
        REQUIRE(producer);
        CHECK((*producer)->produce({0, "text", "id", 100, false}) == 0);
        std::array entries{WaitEntry{listener, StreamWants::kRead}};
        (void)wait_for(entries, 1'000);
        int peer = ::accept(listener, nullptr, nullptr);
        if (peer >= 0) {
            ::close(peer);
        }
        return peer >= 0;
    };
    CHECK(connects("127.0.0.1"));
    CHECK_FALSE(connects("0.0.0.0"));
    ::close(listener);
}

TEST_CASE("the window keeps order, gaps and bytes") {
    KafkaWindow window(3 * (100 + kKafkaOverheadBytes));
    for (uint64_t i : {5U, 6U, 9U}) {
        REQUIRE(window.has_room(100));
        window.add(i, 100);
    }
    CHECK_FALSE(window.has_room(100));
    CHECK(window.settle(9, true));
    CHECK(window.confirmed_end() == 0);
    CHECK(window.settle(5, true));
    CHECK(window.confirmed_end() == 6);
    CHECK_FALSE(window.settle(5, true));
    CHECK_FALSE(window.settle(7, true));
    CHECK(window.settle(6, false));
    CHECK(window.failed());
    CHECK(window.waiting() == 0);
    CHECK(window.rewind() == 6);
    CHECK_FALSE(window.failed());
    CHECK(window.knows(6));
    CHECK(window.pass_over(5));
    CHECK_FALSE(window.pass_over(6));
    window.add(6, 100);
    CHECK(window.pass_over(9));
    CHECK(window.settle(6, true));
    CHECK(window.confirmed_end() == 10);
    CHECK_FALSE(window.rewind());
}
