// Alerts that repeat: the first at once, then one event a minute that counts them; all are sealed.
#include "pipeline/repeats.h"

#include "agent_rig.h"
#include "pipeline/agent_record.h"

using namespace llmtrail;

namespace {

bool noted_as_repeat(Repeats& repeats, uint16_t event_class, const std::string& subject,
                     MonotonicNanos now) {
    AuditRecord record;
    fill_agent_record(record, {event_class, subject, "x", 1}, UnixNanos{1});
    repeats.note(record, event_class, subject, now);
    return is_repeat(record);
}

uint64_t counted(const ScriptedReceiver& receiver, const std::string& header) {
    uint64_t counted = 0;
    for (const std::string& event : receiver.events) {
        if (event.find(header) != std::string::npos) {
            size_t at = event.find(" cnt=");
            counted += at == std::string::npos ? 1 : std::stoull(event.substr(at + 5));
        }
    }
    return counted;
}

struct Sealed {
    int64_t records = 0;
    int64_t counted = 0;  // how many times they stand for
};

// What stands in the log of a class, but for the records that sum others up.
Sealed sealed_of(AgentLife& agent, uint16_t event_class) {
    Sealed sealed;
    agent.for_each_sealed([&](uint64_t, const AuditRecord& record) {
        bool is_sum = record.text(Field::kAgentDetail).ends_with(" more times");
        if (record.integer(Field::kAgentClass) == event_class && !is_sum) {
            ++sealed.records;
            sealed.counted += record.integer(Field::kAgentCount).value_or(1);
        }
    });
    return sealed;
}

constexpr const char* kBroken = "{\"prompt\": broken\n";

}  // namespace

TEST_CASE("the first of a kind goes out, what follows within a minute is summed, once a minute") {
    Repeats repeats;
    FakeClock clock;
    uint64_t sent = 0;
    uint64_t summed = 0;
    for (int i = 0; i < 600; ++i) {
        sent += noted_as_repeat(repeats, 605, "app", clock.monotonic_now()) ? 0U : 1U;
        while (std::optional<AgentNews> sum = repeats.take(clock.monotonic_now())) {
            CHECK(sum->event_class == 605);
            CHECK(sum->subject == "app");
            summed += sum->count;
            ++sent;
        }
        clock.advance_millis(1000);
    }
    CHECK(sent <= 11);
    std::optional<AgentNews> rest = repeats.take(clock.monotonic_now(), true);
    CHECK(summed + (rest ? rest->count : 0) == 599);
    CHECK_FALSE(repeats.take(clock.monotonic_now(), true));
    CHECK(repeats.wait_ms(clock.monotonic_now()) == -1);
    CHECK_FALSE(noted_as_repeat(repeats, 605, "app", clock.monotonic_now()));
}

TEST_CASE("sources and classes are summed apart, and single important ones never are") {
    Repeats repeats;
    FakeClock clock;
    MonotonicNanos now = clock.monotonic_now();
    for (uint16_t summed : std::initializer_list<uint16_t>{604, 605, 710, 711}) {
        CHECK_FALSE(noted_as_repeat(repeats, summed, "a", now));
        CHECK_FALSE(noted_as_repeat(repeats, summed, "b", now));
        CHECK(noted_as_repeat(repeats, summed, "a", now));
    }
    for (uint16_t single : std::initializer_list<uint16_t>{
             600, 601, 602, 603, 607, 608, 700, 701, 702, 703, 704, 720, 730, 740, 741, 742}) {
        CHECK_FALSE(noted_as_repeat(repeats, single, "a", now));
        CHECK_FALSE(noted_as_repeat(repeats, single, "a", now));
    }
    CHECK(repeats.wait_ms(now) == kRepeatWindowMs);
    clock.advance_millis(kRepeatWindowMs);
    CHECK(repeats.wait_ms(clock.monotonic_now()) == 0);
    size_t sums = 0;
    while (repeats.take(clock.monotonic_now())) {
        ++sums;
    }
    CHECK(sums == 4);
}

TEST_CASE("news that was merged counts for what it stands for") {
    Repeats repeats;
    FakeClock clock;
    AuditRecord record;
    for (uint32_t count : {1U, 5U, UINT32_MAX}) {
        fill_agent_record(record, {710, "soc", "down", count}, UnixNanos{1});
        repeats.note(record, 710, "soc", clock.monotonic_now());
    }
    CHECK(repeats.take(clock.monotonic_now(), true)->count == UINT32_MAX);
}

TEST_CASE("a log cannot mark its own records as repeats") {
    Host host;
    host.settings.sources[0].map = {{"llm.audit.record.flags", "flags"},
                                    {"event.kind", "kind"},
                                    {"llm.audit.agent.count", "count"}};
    ScriptedReceiver& soc = host.receivers["soc"];
    AgentLife agent(host);
    REQUIRE(agent.started());
    host.append(
        "{\"prompt\":\"document-0 asks\",\"response\":\"r\",\"flags\":[\"repeat\"]}\n"
        "{\"prompt\":\"document-1 asks\",\"response\":\"r\",\"flags\":[\"repeat\"],"
        "\"kind\":\"rejected\",\"count\":-7}\n"
        "{\"prompt\":\"document-2 asks\",\"response\":\"r\",\"flags\":[\"repeat\"],"
        "\"kind\":\"agent\"}\n");
    REQUIRE(agent.run_until_done());
    CHECK(agent.totals_of("soc").aggregated == 0);
    CHECK(soc.count("|605|") == 1);
    CHECK(soc.ids_of.size() >= 2);
}

TEST_CASE("ten thousand broken lines are ten thousand sealed records and a handful of events") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    ScriptedReceiver& other = host.receivers["other"];
    std::string text;
    constexpr uint64_t kLines = 10'000;
    for (uint64_t i = 0; i < kLines; ++i) {
        text += kBroken;
    }
    host.append(text);
    host.write_documents(5);
    AgentLife agent(host);
    REQUIRE(agent.run_until_done());
    CHECK(agent.ingest().totals()[0].rejected == kLines);
    uint64_t sealed = 0;
    agent.for_each_sealed([&](uint64_t, const AuditRecord& record) {
        sealed += record.text(Field::kEventKind) == "rejected" ? 1U : 0U;
    });
    CHECK(sealed == kLines);
    CHECK(soc.count("|605|") == 1);
    CHECK(agent.totals_of("soc").aggregated == kLines - 1);
    host.clock.advance_millis(kRepeatWindowMs);
    agent.step();
    REQUIRE(agent.run_until_done());
    for (const ScriptedReceiver* receiver : {&soc, &other}) {
        CHECK(receiver->count("|605|") == 2);
        CHECK(counted(*receiver, "|605|") == kLines);
        CHECK(receiver->ids_of.size() == 5);
    }
    REQUIRE(agent.stop());
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE("what was counted is told when the agent stops in order") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    host.append(std::string(kBroken) + kBroken + kBroken);
    host.write_documents(1);
    AgentLife agent(host);
    REQUIRE(agent.run_until_done());
    CHECK(counted(soc, "|605|") == 1);
    REQUIRE(agent.stop());
    CHECK(counted(soc, "|605|") == 3);
}

TEST_CASE("an output that flaps is a few events a minute, and all of it is sealed") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    AgentLife agent(host);
    constexpr int kFlaps = 500;  // the longest that a minute of the shortest waits brings
    for (int i = 0; i < kFlaps; ++i) {
        agent.mailbox().put_news({kClassOutputDown, "far", "refused", 1});
        agent.mailbox().put_news({kClassOutputRecovered, "far", "recovered", 1});
        if (i % 100 != 0) {
            continue;  // they also come while the ingest thread is busy
        }
        REQUIRE(agent.run_until_done());
    }
    REQUIRE(agent.run_until_done());
    host.clock.advance_millis(kRepeatWindowMs);
    agent.step();
    REQUIRE(agent.run_until_done());
    CHECK(soc.count("|710|") == 2);
    CHECK(soc.count("|711|") == 2);
    CHECK(counted(soc, "|710|") == kFlaps);
    CHECK(counted(soc, "|711|") == kFlaps);
    CHECK(sealed_of(agent, kClassOutputDown).records == kFlaps);
    CHECK(sealed_of(agent, kClassOutputRecovered).records == kFlaps);
}

TEST_CASE(
    "an output that flaps without end fills no spool: what is not sealed is counted in what is") {
    Host host;
    AgentLife agent(host);
    constexpr int kSeconds = 3600;
    constexpr int kFlapsPerSecond = 10;
    MonotonicNanos begun = host.clock.monotonic_now();
    for (int second = 0; second < kSeconds; ++second) {
        for (int i = 0; i < kFlapsPerSecond; ++i) {
            agent.mailbox().put_news({kClassOutputDown, "far", "refused", 1});
        }
        agent.step();
        host.clock.advance_millis(1000);
    }
    int64_t passed_ms = host.clock.monotonic_now().millis_since(begun);
    REQUIRE(agent.stop());
    Sealed sealed = sealed_of(agent, kClassOutputDown);
    CHECK(sealed.records <= kFlapRate.burst + passed_ms / kFlapRate.interval_ms + 1);
    CHECK(sealed.counted == kSeconds * kFlapsPerSecond);
}
