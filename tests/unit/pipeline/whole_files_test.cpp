// Whole files through the whole path: whatever the packing and wherever the agent is killed, every
// document arrives, under one id, and a file that was read is not read again.
#include <doctest/doctest.h>

#include "agent_rig.h"
#include "fakes/archives.h"

using namespace llmtrail;

namespace {

std::string some_documents(Host& host, uint64_t count) {
    std::string text;
    for (uint64_t i = 0; i < count; ++i) {
        text += host.document(400) + "\n";
    }
    return text;
}

struct WholeHost : Host {
    explicit WholeHost(uint64_t seed) : Host(seed) {
        settings.sources[0].whole_files = true;
        settings.sources[0].paths = {"/logs/*"};
        receivers["soc"] = {};
        disk.put_file("/logs/a.gz", gzip_of(some_documents(*this, 700)));
        disk.put_file("/logs/b.zst", zstd_of(some_documents(*this, 700)));
        std::string list = document(400);
        for (int i = 0; i < 699; ++i) {
            list += ",\n" + document(400);
        }
        disk.put_file("/logs/c.zip", zip_of({{"lines", some_documents(*this, 300)},
                                             {"array", "[" + list + "]"},
                                             {"wrapped", "{\"data\": 1}"}}));
        disk.put_file("/logs/d.jsonl", some_documents(*this, 700));
    }
};

}  // namespace

TEST_CASE("whole files survive a kill anywhere: every document arrives, under one id") {
    for (uint64_t seed = 1; seed <= 12; ++seed) {
        WholeHost host(seed);
        for (int life = 0; life < 8; ++life) {
            {
                AgentLife agent(host);
                REQUIRE(agent.started());
                host.disk.stop_after(host.disk.operations() + host.random.below(25));
                for (int i = 0; i < 12 && !agent.ingest().failed(); ++i) {
                    agent.step();
                }
            }
            host.disk.power_cut(static_cast<PowerCut>(seed % 4), host.random);
        }
        {
            AgentLife agent(host);
            REQUIRE(agent.started());
            REQUIRE(agent.run_until_done());
            REQUIRE(agent.stop());
        }
        CHECK(host.verdict() == Verdict::kClean);
        host.check_all_arrived_under_one_id(host.receivers["soc"]);
        const size_t events = host.receivers["soc"].events.size();
        AgentLife again(host);
        REQUIRE(again.started());
        REQUIRE(again.run_until_done());
        CHECK(again.ingest().totals()[0].documents == 0);
        CHECK(host.receivers["soc"].events.size() >= events);
        REQUIRE(again.stop());
    }
}

TEST_CASE("the agent has not caught up while a file may still be written to") {
    Host host;
    host.settings.sources[0].whole_files = true;
    host.receivers["soc"] = {};
    host.write_documents(3);
    host.disk.set_modified(host.log_path, host.clock.wall);
    AgentLife agent(host);
    REQUIRE(agent.started());
    for (int i = 0; i < 20; ++i) {
        agent.step();
    }
    CHECK(!agent.ingest().caught_up());
    CHECK(agent.ingest().wait_ms() <= 1'001);
    host.clock.advance_millis(1'000);
    REQUIRE(agent.run_until_done());
    CHECK(agent.ingest().totals()[0].documents == 3);
    REQUIRE(agent.stop());
}
