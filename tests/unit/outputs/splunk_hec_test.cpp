#include "outputs/splunk_hec.h"

#include <doctest/doctest.h>

#include "hec_bench.h"
#include "outputs/hec_reply.h"
#include "outputs/refused_events.h"

using namespace llmtrail;

namespace {

void check_each_once(const HecBench& bench, uint64_t count) {
    std::map<uint64_t, int> stored = bench.stored();
    CHECK(stored.size() == count);
    for (const auto& [id, times] : stored) {
        CHECK_MESSAGE(times == 1, "event ", id);
    }
}

// Everything arrives once although the first answer is `fault`.
void check_retried(const std::string& fault) {
    CAPTURE(fault);
    HecBench bench(failing({fault}), 30);
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 30);
    CHECK(bench.output->resent_events() == 0);
    CHECK(bench.problems.size() == 1);
    CHECK(bench.output->health() == OutputHealth::kUp);
    bench.check_rules();
}

}  // namespace

TEST_CASE("events are confirmed when the indexer acknowledges them and not before") {
    HecBench bench(failing({}, {"none", "none"}), 50);
    while (bench.server.log_of("request").size() < 2) {
        bench.turn();
    }
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.output->confirmation() == Confirmation::kAcknowledged);
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 50);
    bench.check_rules();
}

TEST_CASE("without acknowledgement an event is confirmed when it is received") {
    HecScript script;
    script.ack = false;
    HecBench bench(script, 50, {.acknowledged = false});
    CHECK(bench.output->confirmation() == Confirmation::kSent);
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 50);
    for (const auto& words : bench.server.log_of("request")) {
        CHECK(words.at(1) == "/services/collector/event");
        CHECK(words.at(3).empty());
    }
}

TEST_CASE("requests carry the token, a channel, gzip and the cookie of the load balancer") {
    HecBench bench(HecScript(), 2'000, {.batch_bytes_max = 20'000});
    CHECK(bench.run_until_confirmed());
    std::set<std::string> channels;
    auto requests = bench.server.log_of("request");
    CHECK(requests.size() > 10);
    for (size_t i = 0; i < requests.size(); ++i) {
        CHECK(requests[i].at(2) == "Splunk good-token");
        CHECK(requests[i].at(3).size() == 36);
        CHECK(requests[i].at(4) == (requests[i].at(1).ends_with("event") ? "gzip" : ""));
        CHECK(requests[i].at(5) == (i == 0 ? "" : "seat=7"));
        channels.insert(requests[i].at(3));
    }
    CHECK(channels.size() > 1);
    CHECK(channels.size() <= kHecChannels);
    check_each_once(bench, 2'000);
    bench.check_rules();
}

TEST_CASE("batches are split by their bytes and full when there is much to send") {
    HecBench bench(HecScript(), 500,
                   {.gzip = false, .batch_bytes_max = 20'000, .text_bytes = 1'000});
    CHECK(bench.run_until_confirmed());
    for (size_t size : bench.batch_sizes()) {
        CHECK(size <= 20);
    }
    CHECK(bench.batch_sizes().size() <= 35);
    check_each_once(bench, 500);
}

TEST_CASE("codes that say later are tried again as they were, and nothing comes twice") {
    for (const char* fault : {"code:9", "code:18", "code:19", "code:20", "code:23", "code:26",
                              "code:27", "page:503", "page:429:2"}) {
        check_retried(fault);
    }
}

TEST_CASE("while a busy collector is waited for nothing new is begun, then one request knocks") {
    std::vector<std::string> faults;
    for (int round = 0; round < 6; ++round) {
        faults.insert(faults.end(), {"ok", "ok", "ok", "ok", "ok", "code:9", "code:9"});
    }
    HecBench bench(failing(std::move(faults)), 20'000, {.batch_bytes_max = 20'000});
    int most = 0;
    for (int turns = 0; turns < 60'000 && bench.output->confirmed_end() < 20'000; ++turns) {
        bool waits = bench.output->health() == OutputHealth::kBackingOff;
        int before = bench.under_way;
        bench.turn();
        most = std::max(most, bench.under_way);
        if (waits && bench.output->health() == OutputHealth::kBackingOff) {
            CHECK(bench.under_way <= std::max(before, 1));
        }
    }
    CHECK(most > 1);
    check_each_once(bench, 20'000);
}

TEST_CASE("codes that a setting must mend hold the events, say why and go on by themselves") {
    for (const char* fault : {"code:10", "code:11", "code:14", "code:16", "page:404", "page:405",
                              "page:302:1", "page:400", "code:7"}) {
        check_retried(fault);
    }
}

TEST_CASE("codes that refuse the token hold the events when there is no other") {
    for (const char* fault :
         {"code:1", "code:2", "code:3", "code:4", "code:21", "code:22", "page:401", "page:403"}) {
        check_retried(fault);
    }
}

TEST_CASE("codes 24 and 25 are success: nothing is sent again") {
    for (const char* fault : {"code:24", "code:25"}) {
        HecBench bench(failing({fault, fault, fault}), 30);
        CHECK(bench.run_until_confirmed());
        check_each_once(bench, 30);
        CHECK(bench.problems.empty());
    }
}

TEST_CASE("answers that leave it open are followed by the same events, marked") {
    for (const char* fault : {"code:8", "cut-before", "cut-after", "page:500", "page:502",
                              "page:504", "page:408", "page:200", "silent", "never-acked"}) {
        CAPTURE(fault);
        HecBench bench(failing({fault}), 30, {.request_ms = 300});
        CHECK(bench.run_until_confirmed());
        CHECK(bench.stored().size() == 30);
        CHECK(bench.output->resent_events() > 0);
        bench.check_rules();
    }
}

TEST_CASE("of a batch with a bad event what stands before is stored and what follows goes again") {
    for (const char* code : {"5", "6", "12", "13", "15"}) {
        CAPTURE(code);
        HecBench bench(failing({std::string("invalid:7:") + code}), 30, {.acknowledged = true});
        CHECK(bench.run_until_confirmed());
        std::map<uint64_t, int> stored = bench.stored();
        CHECK(stored.size() == 29);
        CHECK(stored.count(7) == 0);
        REQUIRE(bench.refused.size() == 1);
        CHECK(bench.refused.begin()->first == 7);
        CHECK(bench.refused.begin()->second.find(std::string("code ") + code) != std::string::npos);
        CHECK(bench.output->resent_events() == 7);  // nothing acknowledges those before it
    }
    HecScript script = failing({"invalid:7:6"});
    script.ack = false;
    HecBench bench(script, 30, {.acknowledged = false});
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 30 - 1);
    CHECK(bench.output->resent_events() == 0);
}

TEST_CASE("a bad event that is not named is found by halving, and only it is left out") {
    HecScript script;
    script.poison = "37";
    HecBench bench(script, 64);
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 63);
    CHECK(bench.stored().count(37) == 0);
    REQUIRE(bench.refused.size() == 1);
    CHECK(bench.refused.count(37) == 1);
    CHECK(bench.batch_sizes().size() < 30);
}

TEST_CASE("a receiver that refuses every event gets few of them left out, then holds the rest") {
    HecScript script;
    script.poison = "all";
    HecBench bench(script, 100);
    bench.run(600);
    CHECK(bench.server.log_of("stored").empty());
    CHECK(bench.refused.size() == kRefusedInARowMax);
    CHECK(bench.output->confirmed_end() <= kRefusedInARowMax);  // two requests run at once
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
}

TEST_CASE("an index that the token may not write to holds everything") {
    HecScript script;
    script.indexes = {"main"};
    HecBench bench(script, 20, {.index = "secrets"});
    bench.run(600);
    CHECK(bench.output->confirmed_end() == 0);
    CHECK(bench.server.log_of("stored").empty());
    CHECK(bench.output->last_error().message ==
          "HTTP 400, code 7: the token may not write to this index");
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
}

TEST_CASE("without acknowledgement what stands before an index not allowed is confirmed") {
    HecScript script = failing({"invalid:7:7"});
    script.ack = false;
    HecBench bench(script, 30, {.acknowledged = false});
    while (bench.output->health() != OutputHealth::kBackingOff) {
        bench.turn();
    }
    CHECK(bench.output->confirmed_end() == 7);
    CHECK(bench.server.log_of("stored").size() == 7);
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 30);
    CHECK(bench.refused.empty());
}

TEST_CASE("a receiver that takes less per request gets less, and one event too large is told") {
    HecScript script;
    script.bytes_max = 30'000;
    HecBench bench(script, 300, {.batch_bytes_max = 200'000, .text_bytes = 1'000});
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 300);
    CHECK(bench.refused.empty());
    HecBench large(script, 3, {.text_bytes = 40'000});
    CHECK(large.run_until_confirmed());
    CHECK(large.refused.size() == 3);
}

TEST_CASE("when one event after the other is too large the output holds and leaves out no more") {
    HecScript script;
    script.bytes_max = 10'000;
    HecBench bench(script, 30, {.text_bytes = 15'000});
    bench.run(600);
    CHECK(bench.refused.size() == kRefusedInARowMax);
    CHECK(bench.output->confirmed_end() == kRefusedInARowMax);
    CHECK(bench.server.log_of("stored").empty());
    CHECK(bench.output->last_error().message == "HTTP 413: the batch is too large");
    CHECK(bench.output->health() == OutputHealth::kBackingOff);
}

TEST_CASE("a receiver that takes no gzip gets plain text") {
    HecScript script;
    script.gzip = false;
    HecBench bench(script, 50);
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 50);
    CHECK(bench.output->resent_events() == 0);
    CHECK(bench.server.log_of("request").back().at(4).empty());
}

TEST_CASE("a second token takes over when the first is disabled") {
    HecScript script;
    script.tokens = {"new-token"};
    script.disabled = {"old-token"};
    HecBench bench(script, 50, {.tokens = {"old-token", "new-token"}});
    CHECK(bench.run_until_confirmed());
    check_each_once(bench, 50);
    CHECK(bench.problems.empty());
}

TEST_CASE("acknowledgement that is off for the token holds the output and says so") {
    HecScript script;
    script.events.assign(1, "no-id");
    HecBench bench(script, 10);
    CHECK(bench.run_until_confirmed());
    REQUIRE(bench.problems.size() == 1);
    CHECK(bench.problems.begin()->find("ack: false") != std::string::npos);
    CHECK(bench.stored().size() == 10);
}

TEST_CASE("a request that broke off on a kept connection is not sent again unmarked") {
    HecScript script = failing({"ok", "ok", "cut-after", "ok", "cut-after"});
    script.ack = false;
    HecBench bench(script, 1'000, {.acknowledged = false, .batch_bytes_max = 4'000});
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 1'000);
    CHECK(bench.output->resent_events() > 0);
}

TEST_CASE("what a restart of the receiver forgot is sent again, and marked") {
    HecBench bench(failing({"ok", "restart", "ok", "restart"}, {"none", "none"}), 4'000,
                   {.batch_bytes_max = 20'000});
    CHECK(bench.run_until_confirmed());
    CHECK(bench.stored().size() == 4'000);
    CHECK_FALSE(bench.server.log_of("lost").empty());
}

TEST_CASE(
    "an answer about acknowledgements that is lost leads to marked duplicates, never to loss") {
    for (const char* fault : {"cut-after", "busy", "page"}) {
        CAPTURE(fault);
        HecBench bench(failing({}, {fault}), 40);
        CHECK(bench.run_until_confirmed());
        CHECK(bench.stored().size() == 40);
    }
}

TEST_CASE("a token that cannot be read holds the output and says which") {
    OutputPlan plan;
    plan.id = "splunk";
    plan.url = "https://127.0.0.1:1";
    plan.tokens.push_back(
        [] { return Result<Secret>(fail(ErrorCode::kNotFound, "hec_token: no such credential")); });
    FakeRandom random(1);
    auto client = make_http_client({});
    REQUIRE(client);
    auto output = make_splunk_hec_output(plan, std::move(*client), random);
    FakeClock clock;
    output->work(clock.monotonic);
    OutputEvent event;
    event.text = "CEF:0|";
    REQUIRE(output->offer(event));
    clock.advance_millis(100);
    output->work(clock.monotonic);
    CHECK(output->health() == OutputHealth::kBackingOff);
    CHECK(output->last_error().message == "its token: hec_token: no such credential");
}

TEST_CASE("what is held while the receiver is away is bounded") {
    HecBench bench(failing(std::vector<std::string>(1'000, "code:9")), 100'000,
                   {.batch_bytes_max = 20'000, .text_bytes = 1'000});
    bench.run(50);
    CHECK(bench.next < 200);
    CHECK(bench.output->confirmed_end() == 0);
}
