// What must not lose or double an event: a spool without space, a disk operation that fails, a
// crash in the middle of a document that spans batches, an output that is dead or takes events
// without confirming them.
#include <cerrno>

#include "agent_rig.h"

using namespace llmtrail;

namespace {

constexpr uint64_t kGibibyte = uint64_t{1} << 30;

size_t count_lines(const FakeLog& log, std::string_view text) {
    size_t found = 0;
    for (const auto& [level, line] : log.lines) {
        found += line.find(text) != std::string::npos ? 1U : 0U;
    }
    return found;
}

}  // namespace

TEST_CASE("a full spool stops reading, says so once, and reads on when there is space") {
    Host host;
    host.min_free_bytes = 1 << 20;
    host.receivers["soc"];
    host.write_documents(20);
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_done());

    host.disk.set_free_bytes(0);
    host.write_documents(3000, 1000);
    for (int i = 0; i < 600; ++i) {
        agent.step();
    }
    CHECK(host.receivers["soc"].ids_of.size() == 20);
    CHECK(agent.ingest().totals()[0].records < 20 + 2 * 1024);  // a batch and what was being read
    CHECK(count_lines(host.log, "takes no more") == 1);
    CHECK_FALSE(agent.ingest().failed());
    CHECK(agent.ingest().wait_ms() > 0);

    host.disk.set_free_bytes(kGibibyte);
    REQUIRE(agent.run_until_done());
    CHECK(count_lines(host.log, "takes records again") == 1);
    host.check_all_arrived_under_one_id(host.receivers["soc"]);
    CHECK(host.receivers["soc"].count("document-") == host.written);
    REQUIRE(agent.stop());
    CHECK(host.verdict() == Verdict::kClean);
}

TEST_CASE(
    "while the spool is full a removed log is kept by its descriptor, and one that came and went "
    "is "
    "reported lost") {
    Host host;
    host.min_free_bytes = 1 << 20;
    ScriptedReceiver& soc = host.receivers["soc"];
    host.write_documents(5);
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_done());

    host.disk.set_free_bytes(0);
    host.write_documents(2000, 1000);  // more than a batch: the rest is still in the file
    auto steps = [&] {
        for (int i = 0; i < 300; ++i) {
            agent.step();
        }
    };
    steps();
    host.disk.put_file("/logs/short_lived.jsonl",
                       "{\"prompt\":\"gone\",\"response\":\"unread\"}\n");
    steps();
    host.disk.remove_file("/logs/app.jsonl");
    host.disk.remove_file("/logs/short_lived.jsonl");
    steps();
    host.disk.set_free_bytes(kGibibyte);
    REQUIRE(agent.run_until_done());
    agent.step();
    REQUIRE(agent.run_until_done());
    host.check_all_arrived_under_one_id(soc);
    CHECK(soc.count("|603|") == 1);
    CHECK(agent.ingest().totals()[0].lost_bytes > 0);
    REQUIRE(agent.stop());
}

TEST_CASE(
    "news of any number fills neither memory nor the spool while the spool is full, and is "
    "counted") {
    Host host;
    host.min_free_bytes = 1 << 20;
    host.receivers["soc"];
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_done());
    host.disk.set_free_bytes(0);
    host.write_documents(1);
    constexpr uint32_t kNews = 5000;
    for (uint32_t i = 0; i < kNews; ++i) {
        agent.mailbox().put_news({603, "app", "gone " + std::to_string(i), 1});
        if (i % 100 == 0) {
            agent.step();
        }
    }
    host.disk.set_free_bytes(kGibibyte);
    host.clock.advance_millis(60'000);
    REQUIRE(agent.run_until_done());
    REQUIRE(agent.stop());
    uint64_t counted = 0;
    size_t records = 0;
    for (const std::string& event : host.receivers["soc"].events) {
        if (event.find("|603|") == std::string::npos) {
            continue;
        }
        ++records;
        size_t at = event.find(" cnt=");
        counted += at == std::string::npos ? 1 : std::stoul(event.substr(at + 5));
    }
    CHECK(counted == kNews);
    CHECK(records < 60);
}

// Some turns of an agent that is given documents meanwhile; a fault may end it early. How many disk
// operations it took.
static uint64_t live_shortly(Host& host) {
    AgentLife agent(host);
    for (int i = 0; agent.started() && i < 6 && !agent.ingest().failed(); ++i) {
        agent.step();
        host.write_documents(2);
        host.clock.advance_millis(400);
    }
    if (agent.started()) {
        agent.stop();
    }
    return host.disk.operations();
}

static void live_to_the_end(Host& host) {
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_done());
    REQUIRE(agent.stop());
    host.check_all_arrived_under_one_id(host.receivers["soc"]);
}

TEST_CASE("whichever disk operation fails, nothing is lost and nothing comes under two ids") {
    Host undisturbed;
    undisturbed.receivers["soc"];
    undisturbed.write_documents(8);
    undisturbed.disk.reset_count();
    uint64_t operations = live_shortly(undisturbed);
    REQUIRE(operations > 60);
    for (int os_error : {EIO, ENOSPC}) {
        for (uint64_t number = 0; number < operations; ++number) {
            CAPTURE(os_error);
            CAPTURE(number);
            Host host;
            host.receivers["soc"];
            host.write_documents(8);
            host.disk.reset_count();
            host.disk.fail_operation(number, os_error);
            live_shortly(host);
            host.disk.power_cut(number % 2 == 0 ? PowerCut::kForget : PowerCut::kKeepAll,
                                host.random);
            live_to_the_end(host);
            CHECK(host.verdict() == Verdict::kClean);
        }
    }
}

TEST_CASE("a document of 5,000 records survives a crash anywhere in it, each record under one id") {
    uint64_t cut_inside = 0;
    for (uint64_t number = 0; number < 36; ++number) {
        CAPTURE(number);
        Host host(number + 1);
        host.receivers["soc"];
        host.write_documents(3);
        host.write_array(5000);
        host.write_documents(3);
        {
            AgentLife agent(host);
            REQUIRE(agent.started());
            host.disk.stop_after(host.disk.operations() + number);
            for (int i = 0; i < 12 && !agent.ingest().failed(); ++i) {
                agent.step();
            }
        }
        size_t before = host.receivers["soc"].ids_of.size();
        cut_inside += before > 100 && before < 4900 ? 1U : 0U;
        host.disk.power_cut(static_cast<PowerCut>(number % 4), host.random);
        live_to_the_end(host);
    }
    CHECK(cut_inside >= 8);
}

TEST_CASE(
    "no space in the middle of a document and a crash before the rest of it is in: one id each") {
    uint64_t cut_in_overflow = 0;
    for (uint64_t number = 4; number < 20; ++number) {
        for (uint64_t later = 1; later < 10; later += 2) {
            CAPTURE(number);
            CAPTURE(later);
            Host host(number);
            ScriptedReceiver& soc = host.receivers["soc"];
            host.write_array(3200);
            {
                AgentLife agent(host);
                REQUIRE(agent.started());
                host.disk.fail_operation(host.disk.operations() + number, ENOSPC);
                agent.step();
                bool overflows = host.log.contains("takes no more") &&
                                 agent.ingest().totals()[0].records == 3200;
                size_t before = soc.ids_of.size();
                host.disk.stop_after(host.disk.operations() + later);
                host.clock.advance_millis(2000);
                for (int i = 0; i < 4 && !agent.ingest().failed(); ++i) {
                    agent.step();
                }
                bool cut_inside = soc.ids_of.size() > before && soc.ids_of.size() < 3200;
                cut_in_overflow += overflows && cut_inside ? 1U : 0U;
            }
            host.disk.power_cut(PowerCut::kKeepAll, host.random);
            live_to_the_end(host);
        }
    }
    CHECK(cut_in_overflow >= 5);
}

TEST_CASE("a dead output holds up no other, and gets everything when it is back") {
    Host host;
    ScriptedReceiver& dead = host.receivers["dead"];
    ScriptedReceiver& live = host.receivers["live"];
    dead.accepts = false;
    AgentLife agent(host);
    REQUIRE(agent.started());
    for (int i = 0; i < 20; ++i) {
        host.write_documents(700, 600);  // more than stays in memory
        agent.step();
    }
    REQUIRE(agent.run_until_read());
    for (int i = 0; i < 50; ++i) {
        agent.step();
    }
    host.check_all_arrived_under_one_id(live);
    CHECK(dead.events.empty());
    CHECK(live.count("|710|") == 1);
    std::vector<OutputTotals> totals = agent.deliver().totals(agent.ingest().committed_records());
    CHECK(totals[0].pending == agent.ingest().committed_records());
    CHECK(totals[1].pending == 0);
    CHECK(agent.deliver().cursors()[0].second < agent.deliver().cursors()[1].second);

    dead.accepts = true;
    REQUIRE(agent.run_until_done());
    host.check_all_arrived_under_one_id(dead);
    agent.step();
    REQUIRE(agent.run_until_done());
    CHECK(live.count("|711|") == 1);
    REQUIRE(agent.stop());
}

TEST_CASE(
    "a receiver that takes events and confirms none is reported once, and once when it confirms "
    "again") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_done());
    soc.confirms = false;
    host.write_documents(10);
    for (int second = 0; second < 200; ++second) {
        agent.step();
        host.clock.advance_millis(1000);
        if (second == 30) {
            CHECK(soc.count("|710|") == 0);
            CHECK(agent.deliver().drained() == false);
        }
    }
    CHECK(soc.count("|710|") == 1);
    CHECK(count_lines(host.log, "nothing was confirmed") == 1);
    soc.confirms = true;
    REQUIRE(agent.run_until_done());
    agent.step();
    REQUIRE(agent.run_until_done());
    CHECK(soc.count("|711|") == 1);
    CHECK(soc.count("document-") == 10);
    REQUIRE(agent.stop());
}

TEST_CASE("after an unclean start what may have arrived is marked as resent, and nothing else") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    soc.confirms = false;
    host.write_documents(3);
    {
        AgentLife agent(host);
        REQUIRE(agent.started());
        REQUIRE(agent.run_until_read());
        agent.step();
        CHECK(soc.count("document-") == 3);
    }
    CHECK(soc.count("llmtrailResent=1") == 0);
    host.disk.power_cut(PowerCut::kForget, host.random);
    soc.confirms = true;
    host.write_documents(2);
    {
        AgentLife agent(host);
        REQUIRE(agent.started());
        REQUIRE(agent.run_until_done());
        REQUIRE(agent.stop());
    }
    CHECK(soc.count("document-") == 3 + 5);
    CHECK(soc.count("llmtrailResent=1") == 3 + 1);  // and the checkpoint of that start
    host.check_all_arrived_under_one_id(soc);
    host.write_documents(2);
    AgentLife clean(host);
    REQUIRE(clean.started());
    REQUIRE(clean.run_until_done());
    CHECK(soc.count("llmtrailResent=1") == 3 + 1);  // and the checkpoint of that start
}

TEST_CASE("documents that are no LLM records are sealed, counted and not sent") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    AgentLife agent(host);
    REQUIRE(agent.started());
    host.append("{\"level\":\"info\",\"msg\":\"started\",\"pid\":17}\n");
    host.write_documents(2);
    host.append("{\"level\":\"info\",\"msg\":\"stopped\",\"pid\":17}\n");
    REQUIRE(agent.run_until_done());
    OutputTotals totals = agent.deliver().totals(agent.ingest().committed_records())[0];
    CHECK(totals.spooled == 4 + 1);  // and the checkpoint of the start
    CHECK(totals.not_routed == 2);
    CHECK(totals.confirmed == 2 + 1);
    CHECK(soc.count("started") == 0);
    CHECK(agent.deliver().cursors()[0].second + 1 == agent.spool().next_index());  // an ANCHOR
    REQUIRE(agent.stop());
}
