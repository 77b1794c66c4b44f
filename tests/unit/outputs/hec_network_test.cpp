// A splunk_hec output whose receiver, or the way to it, is busy, slow, cut in the middle, elsewhere
// or late: docs/outputs.md, "Faults of the network and of receivers".
#include <doctest/doctest.h>

#include <memory>

#include "hec_bench.h"

using namespace llmtrail;

namespace {

HecScript unacknowledged(std::vector<std::string> events) {
    HecScript script = failing(std::move(events));
    script.ack = false;
    return script;
}

std::vector<std::string> many(size_t count, const std::string& fault) {
    return std::vector<std::string>(count, fault);
}

size_t event_requests(const HecBench& bench) {
    return bench.batch_sizes().size();
}

// Everything is stored, some of it twice, and then it was marked.
void check_resent_and_marked(const HecBench& bench, uint64_t count) {
    CHECK(bench.stored().size() == count);
    CHECK(bench.output->resent_events() > 0);
    bench.check_rules();
}

}  // namespace

TEST_CASE(
    "while a receiver is busy requests come one at a time, as late as it asked, and spread by "
    "chance") {
    HecBench bench(unacknowledged(many(25, "page:503:7")), 4'000,
                   {.acknowledged = false, .batch_bytes_max = 4'000});
    std::vector<int64_t> asked_ms;
    while (asked_ms.size() < 25) {
        bench.turn();
        CHECK(bench.under_way <= 1);
        if (event_requests(bench) > asked_ms.size()) {
            asked_ms.push_back(bench.clock.monotonic.value / kNanosPerMilli);
            REQUIRE(event_requests(bench) == asked_ms.size());
        }
    }
    std::set<int64_t> waits;
    for (size_t i = 1; i < asked_ms.size(); ++i) {
        int64_t wait_ms = asked_ms[i] - asked_ms[i - 1];
        CHECK(wait_ms >= 7'000);
        CHECK(wait_ms <= 31'000);
        waits.insert(wait_ms / 100);
    }
    CHECK(waits.size() > 10);
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 4'000);
    CHECK(bench.output->resent_events() == 0);
}

TEST_CASE("a token that is replaced where it is read from is used without a restart") {
    auto token = std::make_shared<std::string>("old-token");
    HecBench bench({}, 30,
                   {.token_reader = [token] { return Result<Secret>(Secret::copy_of(*token)); }});
    while (event_requests(bench) < 3) {
        bench.turn();
    }
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.stored().empty());
    *token = "good-token";
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 30);
    CHECK(bench.output->resent_events() == 0);
}

TEST_CASE("a connection that is cut within a body is followed by the whole batch, marked") {
    HecBench bench(unacknowledged({"cut-mid", "ok", "cut-mid"}), 3'000,
                   {.acknowledged = false, .gzip = false, .text_bytes = 1'000});
    CHECK(bench.run_until_confirmed());
    check_resent_and_marked(bench, 3'000);
}

TEST_CASE("an answer that breaks off says nothing: the batch goes again, marked") {
    for (const char* fault : {"half-status", "half-answer"}) {
        CAPTURE(fault);
        HecBench bench(unacknowledged({fault}), 30, {.acknowledged = false});
        CHECK(bench.run_until_confirmed());
        check_resent_and_marked(bench, 30);
        CHECK(bench.stored().at(0) == 2);
    }
}

TEST_CASE("a receiver that closes the connection after each answer gets everything, once") {
    HecScript script = unacknowledged({});
    script.close = true;
    HecBench bench(script, 1'000, {.acknowledged = false, .batch_bytes_max = 4'000});
    CHECK(bench.run_until_confirmed());
    std::map<uint64_t, int> stored = bench.stored();
    CHECK(stored.size() == 1'000);
    CHECK(std::all_of(stored.begin(), stored.end(), [](auto& one) { return one.second == 1; }));
    CHECK(event_requests(bench) > 30);
}

TEST_CASE("a redirect is not followed: its target sees neither events nor the token") {
    HecServer elsewhere{HecScript{}};
    HecBench bench(unacknowledged({"redirect:" + elsewhere.url() + "/services/collector/event"}),
                   30, {.acknowledged = false});
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 30);
    CHECK(bench.problems.size() == 1);
    CHECK(elsewhere.log_of("request").empty());
}

TEST_CASE("an acknowledgement that comes late, but within its time, brings no duplicate") {
    HecBench bench(failing({}, many(20, "none")), 30);
    int64_t begun = bench.clock.monotonic.value;
    CHECK(bench.run_until_confirmed());
    CHECK((bench.clock.monotonic.value - begun) / kNanosPerSecond > 120);
    CHECK(bench.output->resent_events() == 0);
    CHECK(bench.stored().size() == 30);
}

TEST_CASE("an acknowledgement that never comes: after five minutes the batch goes again, marked") {
    HecBench bench(failing({"never-acked"}), 30);
    int64_t begun = bench.clock.monotonic.value;
    while (bench.output->resent_events() == 0) {
        bench.turn();
    }
    CHECK((bench.clock.monotonic.value - begun) / kNanosPerSecond >= kHecAckMs / 1'000);
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 30);
    CHECK(event_requests(bench) == 2);
}

TEST_CASE("a receiver too slow for a whole batch gets smaller ones, and few requests in vain") {
    constexpr uint64_t kEvents = 4'000;
    HecScript script = unacknowledged({});
    script.slow_above = 100'000;
    HecBench bench(script, kEvents,
                   {.acknowledged = false, .gzip = false, .text_bytes = 1'000, .request_ms = 250});
    CHECK(bench.run_until_confirmed());
    check_resent_and_marked(bench, kEvents);
    size_t slow = bench.server.log_of("slow").size();
    CHECK(slow >= 4);
    CHECK(slow <= 16);
    CHECK(event_requests(bench) >= kEvents * 1'000 / script.slow_above);
}
