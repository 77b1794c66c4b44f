#include "outputs/relp.h"

#include "outputs/relp_window.h"
#include "relp_bench.h"

using namespace llmtrail;

TEST_CASE("an event is confirmed when the receiver has answered its transaction with 200") {
    RelpBench bench(500);
    REQUIRE(bench.run_until_confirmed());
    CHECK(bench.output->confirmation() == Confirmation::kAcknowledged);
    CHECK(bench.stored().size() == 500);
    CHECK(bench.receiver.stored.size() == 500);
    CHECK(bench.output->resent_events() == 0);
    REQUIRE(bench.receiver.opened.size() == 1);
    CHECK(bench.receiver.opened[0].starts_with("relp_version=0\nrelp_software=llmtrail,"));
    CHECK(bench.receiver.opened[0].ends_with("\ncommands=syslog"));
}

TEST_CASE("nothing is sent before the session is open, and never more than 128 wait for answers") {
    std::deque<std::string> silence(500, "silent");
    RelpBench bench(500, silence);
    bench.output->work(bench.clock.monotonic);
    CHECK(bench.output->health() == OutputHealth::kConnecting);
    CHECK_FALSE(bench.offer(0));
    for (int i = 0; i < 20; ++i) {
        bench.output->work(bench.clock.monotonic);
        while (bench.offer(bench.next)) {
            ++bench.next;
        }
    }
    CHECK(bench.output->health() == OutputHealth::kUp);
    CHECK(bench.next == kRelpWindow);
    CHECK(bench.receiver.most_waiting == kRelpWindow);
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.output->wait().timer_ms > kRelpAnswerMs - 1'000);
}

TEST_CASE("answers in any order confirm what is answered without a gap, and none is sent twice") {
    RelpBench bench(40, {"late", "ok", "ok", "late"});
    bench.run(3);
    CHECK(bench.receiver.stored.size() == 40);
    REQUIRE(bench.run_until_confirmed());
    CHECK(bench.receiver.stored.size() == 40);

    // Two of forty wait for ever: only these are sent again.
    RelpBench gaps(40, {"ok", "silent", "ok", "ok", "silent"});
    gaps.run(3);
    CHECK(gaps.output->confirmed_end() == 1);
    REQUIRE(gaps.run_until_confirmed());
    CHECK(gaps.receiver.stored.size() == 42);
    CHECK(gaps.stored().at(1) == 2);
    CHECK(gaps.stored().at(4) == 2);
    CHECK(gaps.output->resent_events() == 2);
    CHECK(gaps.problems.count("the receiver does not answer over RELP") == 1);
}

TEST_CASE("an event that alone is refused is told with its code, and the rest goes on") {
    RelpBench bench(50, {"ok", "ok", "poison"});
    REQUIRE(bench.run_until_confirmed());
    bench.turn();
    CHECK(bench.refused == std::map<uint64_t, std::string>{{2, "RELP code 500"}});
    CHECK(bench.stored().size() == 49);
    CHECK(bench.network.connections.size() == 1);
}

TEST_CASE("a receiver that refuses every event loses none of them") {
    RelpBench bench(300, {"ok", "trouble", "trouble", "trouble"});
    REQUIRE(bench.run_until_confirmed());
    bench.turn();
    CHECK(bench.refused.empty());
    CHECK(bench.stored().size() == 300);
    CHECK(bench.problems.count("the receiver refuses every event: RELP code 500") == 1);
}

TEST_CASE("the last event in hand, refused, is tried again until one behind it is taken") {
    RelpBench bench(1, {"poison"});
    bench.run(200);
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.refused.empty());
    CHECK(bench.network.connections.size() > 2);
    RelpBench followed(2, {"poison"});
    REQUIRE(followed.run_until_confirmed());
    followed.turn();
    CHECK(followed.refused.count(0) == 1);
    CHECK(followed.stored().size() == 1);
}

TEST_CASE("a session that the receiver ends or refuses is made again, and says why it was lost") {
    RelpBench bench(20, {"ok", "serverclose", "open:500", "open:0"});
    REQUIRE(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 20);
    CHECK(bench.problems == std::set<std::string>{"the receiver ended the RELP session",
                                                  "connection reset by peer",
                                                  "the receiver refuses the RELP session: code 500",
                                                  "the receiver does not answer over RELP"});
}

TEST_CASE("answers that RELP does not allow end the connection, and their text is not repeated") {
    for (std::string_view said :
         {"777 rsp 6 200 OK\n", "2 rsp 6 200 OK\n2 rsp 6 200 OK\n", "2 syslog 0\n", "2 rsp 2 OK\n",
          "2 rsp 0\n", "0 rsp\n", "\x1B[31mevil\n", "2 rsp 99999999 ", "22222222222222222222",
          "1 rsp 6 200 OK\n"}) {
        CAPTURE(said);
        RelpBench bench(20, {"say:" + std::string(said)});
        REQUIRE(bench.run_until_confirmed());
        CHECK(bench.network.connections.size() == 2);
        CHECK(bench.stored().size() == 20);
        for (const std::string& problem : bench.problems) {
            CHECK(problem.find("evil") == std::string::npos);
        }
    }
}

TEST_CASE("hints of later versions are passed over, an endless stream of them included") {
    std::string hints;
    for (int i = 0; i < 100'000; ++i) {
        hints += "0 news 3 abc\n";
    }
    RelpBench bench(20, {"say:" + hints});
    REQUIRE(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 20);
    CHECK(bench.problems == std::set<std::string>{"the receiver does not answer over RELP"});
}

TEST_CASE("finish() waits for the answers, says close and ends when that is answered") {
    RelpBench bench(30, {"late"});
    bench.run(2);
    CHECK_FALSE(bench.output->finish());
    CHECK_FALSE(bench.offer(30));
    for (int i = 0; i < 10 && !bench.output->finish(); ++i) {
        bench.output->work(bench.clock.monotonic);
    }
    CHECK(bench.output->finish());
    CHECK(bench.output->confirmed_end() == 30);
    CHECK(bench.receiver.closed == 1);
    uint64_t from = 0;
    CHECK_FALSE(bench.output->take_rewind(from));
    bench.output->work(bench.clock.monotonic);
    CHECK(bench.network.attempts == 1);
}

TEST_CASE("a session over TLS is closed in order and opened anew when its connection is old") {
    RelpBench bench(30);
    bench.run(3);
    CHECK(bench.output->confirmed_end() == 30);
    int64_t wait_ms = bench.output->wait().timer_ms;
    CHECK(wait_ms > 5 * 3'600'000);
    CHECK(wait_ms <= 8 * 3'600'000);
    bench.clock.advance_millis(wait_ms);
    bench.run(6);
    CHECK(bench.receiver.closed == 1);
    CHECK(bench.receiver.opened.size() == 2);
    CHECK(bench.output->health() == OutputHealth::kUp);
    CHECK(bench.receiver.stored.size() == 30);
    CHECK(bench.offer(30));
}

TEST_CASE("a thousand faults in random order over RELP: nothing is lost, duplicates are marked") {
    static const std::vector<std::string> kFaults = {"cut-before",
                                                     "cut-after",
                                                     "silent",
                                                     "late",
                                                     "late",
                                                     "refuse",
                                                     "poison",
                                                     "trouble",
                                                     "serverclose",
                                                     "say:HTTP/1.1 400\r\n",
                                                     "open:500",
                                                     "open:0",
                                                     "refuse-next",
                                                     "say:9 rsp 6 200 OK\n",
                                                     "say:777777777777",
                                                     "say:2 rsp 3 200\n"};
    constexpr uint64_t kEvents = 20'000;
    for (uint64_t seed : std::initializer_list<uint64_t>{1, 20'261'123}) {
        FakeRandom random(seed);
        std::deque<std::string> script;
        for (int faults = 0; faults < 1'000; ++faults) {
            script.push_back(kFaults[random.below(kFaults.size())]);
            script.insert(script.end(), random.below(30), "ok");
        }
        RelpBench bench(kEvents, script);
        REQUIRE(bench.run_until_confirmed(2'000'000));
        bench.turn();
        CHECK(bench.receiver.script.empty());
        std::map<uint64_t, int> stored = bench.stored();
        size_t lost = 0;
        size_t twice = 0;
        for (uint64_t index = 0; index < kEvents; ++index) {
            lost += stored.count(index) + bench.refused.count(index) == 0 ? 1U : 0U;
            twice += stored.count(index) == 1 && stored.at(index) > 1 ? 1U : 0U;
        }
        CHECK(lost == 0);
        CHECK(twice > 0);
        for (const auto& [index, reason] : bench.refused) {
            CHECK(bench.receiver.refused_once.count(index) == 1);
        }
        CHECK(bench.refused.size() >= bench.receiver.poisoned.size());
        CHECK(bench.receiver.most_waiting <= kRelpWindow);
    }
}
