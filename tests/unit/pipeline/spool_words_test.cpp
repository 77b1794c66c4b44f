// What the spool says of itself reaches the receivers: that it is full, what it pruned, what it
// dropped.
#include "agent_rig.h"

using namespace llmtrail;

namespace {

uint64_t counted(const ScriptedReceiver& receiver, std::string_view class_field) {
    uint64_t sum = 0;
    for (const std::string& event : receiver.events) {
        if (event.find(class_field) == std::string::npos) {
            continue;
        }
        size_t at = event.find(" cnt=");
        sum += at == std::string::npos ? 1 : std::stoul(event.substr(at + 5));
    }
    return sum;
}

size_t leaf_files(const Host& host) {
    size_t found = 0;
    for (const std::string& name : host.disk.names("/state/spool")) {
        found += name.ends_with(".leaf") ? 1U : 0U;
    }
    return found;
}

// Small segments, little room; `required` outputs are waited for.
void make_small(Host& host, std::vector<std::string> required, bool drop_oldest) {
    host.tune_spool = [=](SpoolOptions& options) {
        options.segment_bytes_max = 131'072;
        options.max_size_bytes = 2'500'000;
        options.retention.required_outputs = required;
        options.retention.drop_oldest = drop_oldest;
    };
}

}  // namespace

TEST_CASE("a full spool tells the receiver so once, and everything arrives when it goes on") {
    Host host;
    make_small(host, {"soc", "dead"}, false);
    ScriptedReceiver& soc = host.receivers["soc"];
    host.receivers["dead"].accepts = false;
    AgentLife agent(host);
    REQUIRE(agent.started());
    host.write_documents(26'000, 10);
    for (int i = 0; i < 1500; ++i) {
        agent.step();
    }
    CHECK(host.log.contains("takes no more"));
    CHECK(soc.count("|607|") == 1);
    CHECK(soc.count("sources wait") == 1);
    CHECK(soc.count("|604|") == 0);
    CHECK(soc.ids_of.size() < host.written);
    CHECK(leaf_files(host) == 0);
    // The other output is back, and a checkpoint has left the host.
    host.receivers["dead"].accepts = true;
    for (int i = 0; i < 3000 && soc.ids_of.size() < host.written; ++i) {
        agent.spool().note_coverage({agent.spool().next_index(), "checkpoint sent to soc"});
        agent.step();
    }
    host.check_all_arrived_under_one_id(soc);
    host.check_all_arrived_under_one_id(host.receivers["dead"]);
    CHECK(leaf_files(host) > 0);
    CHECK(soc.count("|740|") > 0);
    CHECK(soc.count("|601|") == 0);
    REQUIRE(agent.stop());
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE("dropping by policy keeps reading, and each loss is a record with a count") {
    Host host;
    make_small(host, {"soc", "dead"}, true);
    ScriptedReceiver& soc = host.receivers["soc"];
    ScriptedReceiver& dead = host.receivers["dead"];
    dead.accepts = false;
    AgentLife agent(host);
    REQUIRE(agent.started());
    for (int i = 0; i < 40; ++i) {
        host.write_documents(600, 300);
        for (int turn = 0; turn < 10; ++turn) {
            agent.step();
        }
    }
    REQUIRE(agent.run_until_read());
    for (int i = 0; i < 200; ++i) {
        agent.step();
    }
    host.check_all_arrived_under_one_id(soc);
    CHECK(soc.count("|607|") == 0);
    CHECK(soc.count("|604|") > 0);
    CHECK(leaf_files(host) > 0);
    // What the dead output lost is what was counted, and it is told when it is back.
    dead.accepts = true;
    REQUIRE(agent.run_until_done(4000));
    uint64_t missing = host.written - dead.ids_of.size();
    CHECK(missing > 100);
    CHECK(counted(soc, "|604|") >= missing);
    CHECK(soc.count("|601|") > 0);
    REQUIRE(agent.stop());
    CHECK(host.verdict() == Verdict::kClean);
}
