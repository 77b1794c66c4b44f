#include <doctest/doctest.h>

#include "sentinel_bench.h"

using namespace llmtrail;

namespace {

constexpr uint64_t kEvents = 20'000;

AzureScript random_faults(uint64_t seed, size_t count) {
    static const std::vector<std::string> kEventFaults = {
        "ok",         "ok",         "page:503",  "page:503:1", "page:429:1",   "page:500",
        "page:502",   "page:504",   "page:408",  "page:200",   "page:202",     "page:302:1",
        "page:401",   "page:403",   "page:404",  "page:413",   "page:400",     "revoke",
        "cut-before", "cut-before", "cut-after", "cut-after",  "failed-after", "failed-after"};
    static const std::vector<std::string> kTokenFaults = {
        "ok", "ok", "page:500", "page:429:1", "page:401", "cut-before", "page:200"};
    FakeRandom random(seed);
    AzureScript script;
    for (size_t i = 0; i < count; ++i) {
        script.events.push_back(kEventFaults[random.below(kEventFaults.size())]);
    }
    for (size_t i = 0; i < count / 10; ++i) {
        script.tokens.push_back(kTokenFaults[random.below(kTokenFaults.size())]);
    }
    return script;
}

std::map<uint64_t, int> times_of(const SentinelBench& bench, const std::string& kind) {
    std::map<uint64_t, int> times;
    for (const auto& words : bench.server.log_of(kind)) {
        ++times[std::stoull(words.at(1))];
    }
    return times;
}

}  // namespace

TEST_CASE(
    "a thousand faults in random order: nothing is lost, and what comes twice is what was not "
    "answered") {
    for (uint64_t seed : {20'261'123ULL, 5ULL}) {
        CAPTURE(seed);
        SentinelBench bench(random_faults(seed, 1'000), kEvents, {.batch_bytes_max = 4'000});
        CHECK(bench.run_until_confirmed(2'000'000));
        CHECK(bench.batch_sizes().size() >= 900);
        std::map<uint64_t, int> stored = bench.stored();  // repeats are marked
        std::map<uint64_t, int> unanswered = times_of(bench, "unanswered");
        std::map<uint64_t, int> refused = times_of(bench, "refused");
        size_t lost = 0;
        size_t doubled = 0;
        for (uint64_t id = 0; id < kEvents; ++id) {
            lost += stored.count(id) + bench.refused.count(id) == 0 ? 1U : 0U;
            doubled += stored[id] > 1 + unanswered[id] ? 1U : 0U;
        }
        CHECK(lost == 0);
        CHECK(doubled == 0);
        CHECK(bench.output->resent_events() > 0);
        for (const auto& [id, reason] : bench.refused) {
            CHECK_MESSAGE(refused.count(id) == 1, "left out without a refusal: ", id, " ", reason);
        }
        bench.check_rules();
    }
}
