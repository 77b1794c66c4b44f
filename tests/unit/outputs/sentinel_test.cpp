#include "outputs/sentinel.h"

#include <doctest/doctest.h>

#include "outputs/refused_events.h"
#include "sentinel_bench.h"

using namespace llmtrail;

namespace {

void check_each_once(const SentinelBench& bench, uint64_t count) {
    std::map<uint64_t, int> stored = bench.stored();
    CHECK(stored.size() == count);
    for (const auto& [id, times] : stored) {
        CHECK_MESSAGE(times == 1, "event ", id);
    }
}

// Everything arrives once although the first answer is `fault`; what was said about it.
std::string check_retried(const std::string& fault) {
    CAPTURE(fault);
    SentinelBench bench({.events = {fault}}, 30);
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 30);
    CHECK(bench.output->resent_events() == 0);
    CHECK(bench.output->health() == OutputHealth::kUp);
    bench.check_rules();
    REQUIRE(bench.problems.size() == 1);
    return *bench.problems.begin();
}

}  // namespace

TEST_CASE("events are confirmed when the API answers 204 and not before") {
    SentinelBench bench({.events = {"page:503", "page:200", "page:202"}}, 50);
    while (bench.server.log_of("request").size() < 3) {
        bench.turn();
        if (bench.server.log_of("stored").empty()) {
            CHECK(bench.output->confirmed_end() == 0);
        }
    }
    CHECK(bench.output->confirmation() == Confirmation::kAcknowledged);
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 50);
    bench.check_rules();
}

TEST_CASE("a call is a gzip JSON array to the rule's stream, with the token, below the limit") {
    SentinelBench bench({}, 3'000, {.batch_bytes_max = 100'000, .text_bytes = 1'000});
    CHECK(bench.run_until_confirmed());
    auto requests = bench.server.log_of("request");
    CHECK(requests.size() >= 30);
    CHECK(requests.size() <= 40);
    for (const auto& words : requests) {
        CHECK(words.at(1) == std::string("/dataCollectionRules/") + AzureServer::kRuleId +
                                 "/streams/Custom-LlmTrail_CL?api-version=2023-01-01");
        CHECK(words.at(2).starts_with("Bearer eyJ0."));
        CHECK(std::stoul(words.at(4)) <= 100'001);
    }
    CHECK(bench.server.log_of("token").size() == 1);
    check_each_once(bench, 3'000);
    bench.check_rules();
}

TEST_CASE("429 and 503 are tried again as they were, and nothing comes twice") {
    CHECK(check_retried("page:503") == "HTTP 503: busy");
    CHECK(check_retried("page:429:2") == "HTTP 429: more than the rule may take");
}

TEST_CASE("Retry-After is waited for") {
    SentinelBench bench({.events = {"page:429:120"}}, 5);
    MonotonicNanos start = bench.clock.monotonic;
    CHECK(bench.run_until_confirmed());
    CHECK(bench.clock.monotonic.millis_since(start) >= 120'000);
}

TEST_CASE("what a setting must mend holds the events, says why and goes on by itself") {
    CHECK(check_retried("page:403").find("Monitoring Metrics Publisher") != std::string::npos);
    CHECK(check_retried("page:404").find("`rule_id`") != std::string::npos);
    CHECK(check_retried("page:302:1").find("redirects are not followed") != std::string::npos);
    CHECK(check_retried("page:405") == "HTTP 405: refused");
}

TEST_CASE("a wrong rule holds everything for ever and loses nothing") {
    SentinelBench bench({}, 20, {.rule_id = "dcr-other"});
    bench.run(400);
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.refused.empty());
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
}

TEST_CASE("answers that leave it open are followed by the same events, marked") {
    for (const char* fault : {"cut-before", "cut-after", "page:500", "failed-after", "page:502",
                              "page:504", "page:408", "page:200", "silent"}) {
        CAPTURE(fault);
        SentinelBench bench({.events = {fault}}, 30, {.request_ms = 300});
        CHECK(bench.run_until_confirmed());
        CHECK(bench.stored().size() == 30);
        CHECK(bench.output->resent_events() == 30);
        bench.check_rules();
    }
}

TEST_CASE("a bad event is found by halving, and only it is left out") {
    SentinelBench bench({.poison = "37"}, 64);
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 63);
    CHECK(bench.stored().count(37) == 0);
    CHECK(bench.output->resent_events() == 0);
    REQUIRE(bench.refused.size() == 1);
    CHECK(bench.refused.at(37) == "HTTP 400: the events do not fit the rule's stream");
    CHECK(bench.batch_sizes().size() < 16);
}

TEST_CASE("batches that are refused once and then taken lose nothing") {
    AzureScript script;
    for (const char* fault : {"ok", "page:400", "ok", "page:400", "page:400"}) {
        script.events.push_back(fault);  // of good batches: only what is refused twice is left out
    }
    SentinelBench bench(script, 200, {.batch_bytes_max = 1'000});
    CHECK(bench.run_until_confirmed());
    CHECK(bench.refused.empty());
    check_each_once(bench, 200);
}

TEST_CASE("a bad event at the end of what there is to send is left out too") {
    SentinelBench bench({.poison = "63"}, 64);
    CHECK(bench.run_until_confirmed());
    CHECK(bench.refused.size() == 1);
    CHECK(bench.refused.count(63) == 1);
}

TEST_CASE("when every event is refused it is not the events: nothing is left out") {
    SentinelBench bench({.events = std::vector<std::string>(100, "page:400")}, 64);
    while (bench.server.log_of("request").size() < 100) {
        bench.turn();
    }
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.refused.empty());
    CHECK(bench.run_until_confirmed());  // the rule is mended
    CHECK(bench.refused.empty());
    check_each_once(bench, 64);
}

TEST_CASE("an API that takes less per call gets less, and one event too large is told") {
    SentinelBench bench({.bytes_max = 30'000}, 300,
                        {.batch_bytes_max = 200'000, .text_bytes = 1'000});
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 300);
    CHECK(bench.refused.empty());
    SentinelBench large({.bytes_max = 30'000}, 3, {.text_bytes = 40'000});
    CHECK(large.run_until_confirmed());
    CHECK(large.refused.size() == 3);
}

TEST_CASE("when one event after the other is too large the output holds and leaves out no more") {
    SentinelBench bench({.bytes_max = 10'000}, 30, {.text_bytes = 15'000});
    bench.run(600);
    CHECK(bench.refused.size() == kRefusedInARowMax);
    CHECK(bench.output->confirmed_end() == kRefusedInARowMax);
    CHECK(bench.server.log_of("stored").empty());
    CHECK(bench.output->last_error().message.starts_with("HTTP 413"));
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
}

TEST_CASE("what is held while the API is away is bounded") {
    SentinelBench bench({.events = std::vector<std::string>(1'000, "page:503")}, 100'000,
                        {.batch_bytes_max = 20'000, .text_bytes = 1'000});
    bench.run(50);
    CHECK(bench.next < 200);
    CHECK(bench.output->confirmed_end() == 0);
}

TEST_CASE("addresses that are not https are refused") {
    FakeRandom random(1);
    auto files = make_posix_file_system();
    OutputPlan plan;
    plan.sentinel.auth.identity = AzureIdentity::kClientSecret;
    plan.sentinel.auth.authority = "https://127.0.0.1:1";
    plan.sentinel.endpoint = "http://127.0.0.1:1";
    CHECK_FALSE(make_sentinel_output(plan, *files, random));
    plan.sentinel.endpoint = "https://127.0.0.1:1";
    CHECK(make_sentinel_output(plan, *files, random));
    plan.sentinel.auth.authority = "http://127.0.0.1:1";
    CHECK_FALSE(make_sentinel_output(plan, *files, random));
}
