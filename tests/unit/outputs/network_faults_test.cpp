// A syslog output through long outages and over slow ways, by a clock that is moved by hand:
// docs/outputs.md, "Faults of the network and of receivers".
#include <doctest/doctest.h>

#include <algorithm>

#include "fakes/fake_network.h"
#include "fakes/fake_random.h"
#include "output_driver.h"
#include "outputs/backoff.h"
#include "outputs/outputs.h"
#include "outputs/syslog.h"

using namespace llmtrail;

namespace {

struct Agent {
    Agent(uint64_t seed, uint64_t events)
        : random(seed),
          output(make_syslog_output(plan(), network, random)),
          driver(*output, events) {}

    static OutputPlan plan() {
        OutputPlan plan;
        plan.id = "soc";
        plan.type = "syslog";
        plan.address = {"siem.example.com", 6514};
        plan.carrier = Carrier::kTcp;
        return plan;
    }

    int64_t now_ms() const { return driver.clock.monotonic.value / kNanosPerMilli; }

    // Nobody answers for so long; then the time until the first connection that stands.
    int64_t recovery_ms(int64_t outage_ms, const Error& outage) {
        network.otherwise.establish_error = outage;
        int64_t end_ms = now_ms() + outage_ms;
        while (now_ms() < end_ms) {
            driver.turn(10);
        }
        CHECK(output->health() == OutputHealth::kBackingOff);
        network.otherwise.establish_error.reset();
        while (output->health() != OutputHealth::kUp) {
            driver.turn(10);
        }
        return now_ms() - end_ms;
    }

    FakeNetwork network;
    FakeRandom random;
    std::unique_ptr<Output> output;
    OutputDriver driver;
};

Error refused() {
    return {ErrorCode::kNetwork, "connection refused", 0};
}

}  // namespace

TEST_CASE("a hundred agents come back to a receiver spread over the longest wait, not together") {
    std::vector<int64_t> first_ms;
    for (uint64_t seed = 0; seed < 100; ++seed) {
        first_ms.push_back(Agent(seed, 10).recovery_ms(600'000, refused()));
    }
    auto [earliest, latest] = std::minmax_element(first_ms.begin(), first_ms.end());
    CHECK(*latest - *earliest >= kBackoffMsMax * 8 / 10);
    for (int64_t second = 0; second < kBackoffMsMax / 1'000; ++second) {
        auto together = std::count_if(first_ms.begin(), first_ms.end(),
                                      [second](int64_t at_ms) { return at_ms / 1'000 == second; });
        CHECK(together <= 20);
    }
}

TEST_CASE("however long an outage, what waited arrives within twice the longest wait") {
    for (int64_t outage_s : {1, 10, 60, 600, 3'600}) {
        for (uint64_t seed = 0; seed < 5; ++seed) {
            CAPTURE(outage_s);
            Agent agent(seed, 50);
            int64_t recovery_ms = agent.recovery_ms(outage_s * 1'000, refused());
            CHECK(recovery_ms <= 2 * kBackoffMsMax);
            int64_t up_ms = agent.now_ms();
            CHECK(agent.driver.run_until_confirmed());
            CHECK(agent.now_ms() - up_ms < 1'000);
            CHECK(agent.output->resent_events() == 0);
        }
    }
}

TEST_CASE("a name that cannot be resolved for an hour loses nothing and is asked for again") {
    Agent agent(1, 50);
    Error unknown{ErrorCode::kNetwork, "resolving siem.example.com: no such name", 0};
    CHECK(agent.recovery_ms(3'600'000, unknown) <= kBackoffMsMax);
    CHECK(agent.network.attempts > 100);
    CHECK(agent.network.attempts < 1'000);
    CHECK(agent.driver.run_until_confirmed());
    CHECK(agent.output->resent_events() == 0);
}

TEST_CASE("a receiver that takes 2 KB a second is waited for over one connection") {
    Agent agent(1, 400);
    agent.network.otherwise.acknowledges = false;
    agent.network.otherwise.room_bytes = 0;
    int64_t begun_ms = agent.now_ms();
    while (agent.output->confirmed_end() < 400) {
        agent.driver.turn(5);
        FakeConnection& connection = agent.network.last();
        connection.acknowledged = connection.taken.size();
        connection.peer.room_bytes += 10;  // in 5 ms
        REQUIRE(agent.now_ms() - begun_ms < 120'000);
    }
    CHECK(agent.now_ms() - begun_ms > 15'000);
    CHECK(agent.network.attempts == 1);
    CHECK(agent.driver.rewinds.empty());
    CHECK(octet_frames(agent.network.last().taken).size() == 400);
}
