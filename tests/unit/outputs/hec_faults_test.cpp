#include <doctest/doctest.h>

#include "hec_bench.h"

using namespace llmtrail;

namespace {

constexpr uint64_t kEvents = 20'000;

HecScript random_faults(uint64_t seed, size_t count, bool ack) {
    static const std::vector<std::string> kEventFaults = {
        "ok",       "code:1",     "code:4",   "code:8",     "code:9",     "code:10",
        "code:11",  "code:14",    "code:16",  "code:18",    "code:23",    "code:24",
        "code:25",  "code:26",    "code:27",  "cut-before", "cut-after",  "cut-after",
        "restart",  "restart",    "blind",    "invalid:0",  "invalid:3",  "invalid:9:13",
        "page:200", "page:302:1", "page:404", "page:413",   "page:429:1", "page:500",
        "page:502", "page:503",   "no-id",    "never-acked"};
    static const std::vector<std::string> kPollFaults = {"ok",   "ok",        "none",
                                                         "busy", "cut-after", "page"};
    FakeRandom random(seed);
    HecScript script;
    script.ack = ack;
    for (size_t i = 0; i < count; ++i) {
        const std::string& fault = kEventFaults[random.below(kEventFaults.size())];
        bool of_acks = fault == "no-id" || fault == "never-acked" || fault == "code:14";
        script.events.push_back(of_acks && !ack ? "ok" : fault);
    }
    for (size_t i = 0; ack && i < count / 5; ++i) {
        script.polls.push_back(kPollFaults[random.below(kPollFaults.size())]);
    }
    return script;
}

// Every event is stored, or told as refused by the receiver; what is stored twice is marked.
void check_nothing_lost(const HecBench& bench) {
    std::map<uint64_t, int> stored = bench.stored();
    std::set<uint64_t> poisoned;
    for (const auto& words : bench.server.log_of("poisoned")) {
        poisoned.insert(std::stoull(words.at(1)));
    }
    size_t lost = 0;
    for (uint64_t id = 0; id < kEvents; ++id) {
        lost += stored.count(id) + bench.refused.count(id) == 0 ? 1U : 0U;
    }
    CHECK(lost == 0);
    for (const auto& [id, reason] : bench.refused) {
        CHECK_MESSAGE((poisoned.count(id) == 1 || reason.find("413") != std::string::npos ||
                       reason.find("code 6") != std::string::npos),
                      reason);
    }
    bench.check_rules();
}

}  // namespace

TEST_CASE(
    "a thousand faults in random order, with acknowledgement: nothing is lost, duplicates are "
    "marked") {
    HecBench bench(random_faults(20'261'123, 1'000, true), kEvents, {.batch_bytes_max = 4'000});
    CHECK(bench.run_until_confirmed(2'000'000));
    CHECK(bench.batch_sizes().size() >= 1'000);
    check_nothing_lost(bench);
}

TEST_CASE("a thousand faults in random order, without acknowledgement: nothing received is lost") {
    HecBench bench(random_faults(11, 1'000, false), kEvents,
                   {.acknowledged = false, .batch_bytes_max = 4'000});
    CHECK(bench.run_until_confirmed(2'000'000));
    CHECK(bench.batch_sizes().size() >= 1'000);
    check_nothing_lost(bench);
}
