// Reloads where the disk is against them: while the spool is full, when a file operation fails in
// the middle of one, when the process or the machine ends there. The source that stays loses
// nothing and names nothing twice, and what the change brings comes with the next life at the
// latest.
#include <cerrno>

#include "pipeline/agent_record.h"
#include "pipeline/ingest_exchange.h"
#include "pipeline/look_cadence.h"
#include "stepped_reload.h"

using namespace llmtrail;

namespace {

constexpr uint64_t kGibibyte = uint64_t{1} << 30;

// Until the change and all work is done; false: the run failed, or it never was.
bool step_through(AgentLife& agent, SteppedReload& reload) {
    bool done = false;
    for (int i = 0; i < 2000; ++i) {
        agent.step();
        done = reload.go_on() || done;
        if (agent.ingest().failed()) {
            return false;
        }
        if (done && agent.ingest().caught_up() && agent.deliver().drained()) {
            return true;
        }
    }
    return false;
}

void step(AgentLife& agent, int steps) {
    for (int i = 0; i < steps; ++i) {
        agent.step();
    }
}

// A log whose first lives are over: two sources, two outputs.
struct TwoAndTwo : Host {
    explicit TwoAndTwo(uint64_t seed = 1) : Host(seed) {
        settings.state_directory = "/state";
        settings.spool.directory = "/state/spool";
        settings.spool.min_free_bytes = 0;
        settings.sources = {source_named("app"), source_named("more")};
        settings.outputs = {output_named("soc"), output_named("other")};
        for (const char* id : {"soc", "other", "third"}) {
            receivers[id];
        }
        write_documents(5);
        disk.put_file("/logs/more.jsonl", "{\"prompt\":\"more-0 asks\"}\n");
    }

    // One source and one output go, one of each comes, one source changes.
    Settings others() const {
        Settings next = settings;
        next.sources = {source_named("app"), source_named("new")};
        next.sources[0].max_document_bytes = 4096;
        next.outputs = {output_named("soc"), output_named("third")};
        return next;
    }

    void write_more() {
        write_documents(5);
        disk.put_file("/logs/new.jsonl", document(20) + "\n" + document(20) + "\n");
    }
};

// Takes records as long as the disk is nearly empty.
struct TightSpool : TwoAndTwo {
    TightSpool() { settings.spool.min_free_bytes = min_free_bytes = 2 * kGibibyte; }

    void run_out_of_space(AgentLife& agent) {
        REQUIRE(agent.started());
        REQUIRE(agent.run_until_done());
        disk.set_free_bytes(kGibibyte);
    }
};

// The change, with documents that nobody has read yet; a fault may end it early. How many disk
// operations it took.
uint64_t live_through_the_change(TwoAndTwo& host, const std::function<void(FakeDisk&)>& disturb) {
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_done());
    host.write_more();
    host.disk.reset_count();
    disturb(host.disk);
    SteppedReload reload(host, agent, host.others(), "the change");
    if (step_through(agent, reload)) {
        agent.stop();
    }
    return host.disk.operations();
}

void live_on(TwoAndTwo& host) {
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_done());
    REQUIRE(agent.stop());
}

void check_after(TwoAndTwo& host, bool old_settings_first) {
    const Settings next = host.settings;
    if (old_settings_first) {
        host.settings = TwoAndTwo().settings;
        live_on(host);
    }
    host.settings = next;
    live_on(host);
    host.check_all_arrived_under_one_id(host.receivers["soc"]);
    CHECK(host.receivers["soc"].count("more-0 ") >= 1);
    CHECK(host.receivers["third"].count("stopping") <= host.receivers["soc"].count("stopping"));
    host.write_documents(1);
    live_on(host);
    CHECK(host.receivers["third"].ids_of.count("document-" + std::to_string(host.written - 1)) ==
          1);
    CHECK(host.verdict() == Verdict::kClean);
}

}  // namespace

TEST_CASE("whichever disk operation of a reload fails, nothing is lost or comes under two ids") {
    TwoAndTwo undisturbed;
    uint64_t operations = live_through_the_change(undisturbed, [](FakeDisk&) {});
    CHECK(undisturbed.receivers["third"].count("the change") == 1);
    REQUIRE(operations > 10);
    for (int os_error : {EIO, ENOSPC}) {
        for (uint64_t number = 0; number < operations; ++number) {
            CAPTURE(os_error);
            CAPTURE(number);
            TwoAndTwo host;
            live_through_the_change(host,
                                    [&](FakeDisk& disk) { disk.fail_operation(number, os_error); });
            host.disk.power_cut(PowerCut::kKeepAll, host.random);
            check_after(host, number % 2 == 0);
        }
    }
}

TEST_CASE("a crash at any disk operation of a reload: the next life has what was durable") {
    TwoAndTwo undisturbed;
    uint64_t operations = live_through_the_change(undisturbed, [](FakeDisk&) {});
    for (PowerCut kind : {PowerCut::kKeepAll, PowerCut::kForget, PowerCut::kScattered}) {
        for (uint64_t number = 0; number < operations; ++number) {
            CAPTURE(static_cast<int>(kind));
            CAPTURE(number);
            TwoAndTwo host(number + 1);
            live_through_the_change(host, [&](FakeDisk& disk) { disk.stop_after(number); });
            host.disk.power_cut(kind, host.random);
            check_after(host, number % 2 == 0);
        }
    }
}

TEST_CASE("a reload while the spool is full is answered, and its record waits for space") {
    TightSpool host;
    AgentLife agent(host);
    host.run_out_of_space(agent);
    host.write_documents(200);
    step(agent, 20);
    size_t before = host.receivers["soc"].ids_of.size();
    REQUIRE(before < host.written);

    host.write_more();
    SteppedReload reload(host, agent, host.others(), "the change");
    bool answered = false;
    for (int i = 0; i < 20; ++i) {
        agent.step();
        answered = reload.go_on() || answered;
    }
    CHECK(answered);
    CHECK(host.receivers["soc"].count("the change") == 0);
    CHECK_FALSE(agent.ingest().caught_up());

    host.disk.set_free_bytes(4 * kGibibyte);
    REQUIRE(step_through(agent, reload));
    CHECK(host.receivers["soc"].count("the change") == 1);
    CHECK(host.receivers["third"].count("the change") == 1);
    host.check_all_arrived_under_one_id(host.receivers["soc"]);
    REQUIRE(agent.stop());
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE("a reload that makes space is taken though the record of the one before waits for it") {
    TightSpool host;
    AgentLife agent(host);
    host.run_out_of_space(agent);
    host.write_documents(200);
    host.write_more();
    step(agent, 20);

    SteppedReload first(host, agent, host.others(), "the change");
    for (int i = 0; i < 20; ++i) {
        agent.step();
        first.go_on();
    }
    REQUIRE(agent.ingest().takes_change());
    Settings next = host.settings;
    next.spool.min_free_bytes = 0;
    next.sources[1].max_document_bytes = 2048;
    SteppedReload second(host, agent, next, "the other");
    REQUIRE(step_through(agent, second));
    for (const char* words : {"the change", "the other"}) {
        CHECK(host.receivers["soc"].count(words) == 1);
    }
    host.check_all_arrived_under_one_id(host.receivers["soc"]);
    std::vector<std::string> sources;
    for (const SourceTotals& totals : agent.ingest().totals()) {
        sources.push_back(totals.id);
    }
    CHECK(sources == std::vector<std::string>{"app", "new"});
    REQUIRE(agent.stop());
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE("so many changes may wait for space, and the next one waits for its turn") {
    TightSpool host;
    AgentLife agent(host);
    host.run_out_of_space(agent);
    host.write_documents(1);
    step(agent, 20);
    size_t taken = 0;
    while (agent.ingest().takes_change() && taken < 2 * kUntoldChangesMax) {
        IngestChange refused;
        refused.news = {kClassConfigRejected, "configuration",
                        "refused-" + std::to_string(taken++) + " ", 1};
        agent.ingest().begin_change(std::move(refused));
        agent.step();
        REQUIRE(agent.ingest().take_changed());
    }
    CHECK(taken == kUntoldChangesMax);
    host.disk.set_free_bytes(4 * kGibibyte);
    host.clock.advance_millis(2000);
    REQUIRE(agent.run_until_done());
    CHECK(agent.ingest().takes_change());
    CHECK(host.receivers["soc"].count("refused-") == taken);
    CHECK(host.receivers["soc"].count("refused-0 ") == 1);
}

TEST_CASE("folders of a source that is gone are not watched any more, those that stay are") {
    TwoAndTwo host;
    host.settings.sources[1].paths = {"/elsewhere/*.jsonl"};
    REQUIRE(host.disk.make_directories("/elsewhere", 0755));
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_done());
    CHECK(host.watch.watched == std::set<std::string>{"/logs", "/elsewhere"});
    Settings next = host.settings;
    next.sources.pop_back();
    SteppedReload reload(host, agent, next, "the change");
    REQUIRE(step_through(agent, reload));
    host.clock.advance_millis(kRescanIntervalMs);
    agent.step();
    CHECK(host.watch.watched == std::set<std::string>{"/logs"});
}
