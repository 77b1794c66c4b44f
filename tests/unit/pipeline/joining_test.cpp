// Records that come in pieces, from the log to the spool: what waits, what goes when, and that
// neither a stop nor a kill between any two operations loses or doubles a piece.
#include <cerrno>

#include "piece_rig.h"

using namespace llmtrail;

namespace {

void step(AgentLife& agent, int times) {
    for (int i = 0; i < times && !agent.ingest().failed(); ++i) {
        agent.step();
    }
}

// Reads everything, lets it wait out its age, and stops.
void live_to_the_end(PieceHost& host) {
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_read());
    host.clock.advance_millis(1000);
    step(agent, 3);
    REQUIRE(agent.run_until_read());
    REQUIRE(agent.stop());
    CHECK(host.verdict() == Verdict::kClean);
}

void check_each_once(PieceHost& host) {
    SealedTokens tokens(sealed_records(host));
    CHECK(tokens.missing(host.tokens) == 0);
    CHECK(tokens.doubled() == 0);
    CHECK(tokens.repeated.empty());
}

}  // namespace

TEST_CASE("pieces become one record when the last one came, and late ones amend it") {
    PieceHost host;
    host.write("run");
    AgentLife agent(host);
    REQUIRE(agent.started());
    REQUIRE(agent.run_until_read());
    CHECK(sealed_records(host).empty());
    host.write("");
    host.write("run", true);
    step(agent, 5);
    host.write("run");
    host.write("run");
    step(agent, 5);
    host.clock.advance_millis(1000);
    step(agent, 5);
    auto records = sealed_records(host);
    REQUIRE(records.size() == 3);
    CHECK(records[0].tokens == std::set<std::string>{"t1"});
    CHECK(records[0].parts == 0);
    CHECK(records[1].tokens == std::set<std::string>{"t0", "t2"});
    CHECK(records[1].state == "complete");
    CHECK(records[1].parts == 2);
    CHECK(records[2].tokens == std::set<std::string>{"t3", "t4"});
    CHECK(records[2].state == "amended");
    CHECK(records[2].document_id == records[1].document_id);
    CHECK(records[2].document_id != records[0].document_id);
    REQUIRE(agent.stop());
}

TEST_CASE("ingest waits no longer than the next record does") {
    PieceHost host;
    host.settings.sources[0].join_age_max_ms = 30;
    AgentLife agent(host);
    REQUIRE(agent.started());
    for (int i = 0; i < 100 && (agent.ingest().wait_ms() < 100 || i < 5); ++i) {
        agent.step();
    }
    REQUIRE(agent.ingest().wait_ms() >= 100);
    host.write("run");
    agent.step();
    CHECK(agent.ingest().wait_ms() <= 31);
    host.clock.advance_millis(agent.ingest().wait_ms());
    agent.step();
    REQUIRE(sealed_records(host).size() == 1);
    CHECK(sealed_records(host)[0].state == "partial");
    REQUIRE(agent.stop());
}

TEST_CASE("what waits becomes a record at an orderly stop, and is not read again") {
    PieceHost host;
    host.write("a");
    host.write("b");
    {
        AgentLife agent(host);
        REQUIRE(agent.started());
        REQUIRE(agent.run_until_read());
        REQUIRE(agent.stop());
    }
    auto records = sealed_records(host);
    REQUIRE(records.size() == 2);
    CHECK(records[0].state == "partial");
    live_to_the_end(host);
    CHECK(sealed_records(host).size() == 2);
}

TEST_CASE("positions of pieces that wait are committed after a second, once") {
    PieceHost host;
    host.settings.sources[0].join_age_max_ms = 60'000;
    host.write("a");
    {
        AgentLife agent(host);
        REQUIRE(agent.started());
        step(agent, 5);
        host.clock.advance_millis(900);
        CHECK(agent.ingest().wait_ms() <= 101);
        step(agent, 30);
        uint64_t operations = host.disk.operations();
        host.clock.advance_millis(30'000);
        step(agent, 1);
        uint64_t syncs = agent.spool().syncs();
        step(agent, 100);
        CHECK(agent.spool().syncs() == syncs);
        CHECK(host.disk.operations() > operations);
        REQUIRE(host.disk.rename(host.log_path, "/logs/out-of-every-glob.jsonl.1"));
        REQUIRE(host.disk.sync_directory("/logs"));
        host.disk.stop_after(host.disk.operations());
    }
    host.disk.power_cut(PowerCut::kForget, host.random);
    live_to_the_end(host);
    check_each_once(host);
}

TEST_CASE("with joining off each piece is a record, as its parser has it") {
    for (bool by_bytes : {true, false}) {
        PieceHost host;
        host.settings.sources[0].join_bytes_max = by_bytes ? 0 : 1 << 20;
        host.settings.sources[0].join_age_max_ms = by_bytes ? 1000 : 0;
        host.write("a");
        host.write("a", true);
        live_to_the_end(host);
        auto records = sealed_records(host);
        REQUIRE(records.size() == 2);
        CHECK(records[0].state == "partial");
        CHECK(records[1].state == "complete");
        CHECK(records[1].parts == 0);
    }
}

TEST_CASE("ranges of an earlier configuration that joined are still read again") {
    PieceHost host;
    host.write("a");
    host.write("");
    {
        AgentLife agent(host);
        REQUIRE(agent.started());
        step(agent, 10);
        host.disk.stop_after(host.disk.operations());
    }
    host.disk.power_cut(PowerCut::kForget, host.random);
    host.settings.sources[0].join_bytes_max = 0;
    live_to_the_end(host);
    check_each_once(host);
}

// Sealed and held pieces lie mixed over several lines and lists, with time passing.
static void write_and_step(PieceHost& host, AgentLife& agent) {
    host.write("a");
    host.write("b");
    host.append("[" + host.item("c", false) + "," + host.item("", false) + "," +
                host.item("a", false) + "," + host.item("d", true) + "]\n");
    step(agent, 2);
    host.write("");
    host.write("a", true);
    step(agent, 2);
    host.clock.advance_millis(600);
    host.write("e");
    host.append("[" + host.item("e", false) + "," + host.item("b", true) + "]\n");
    step(agent, 2);
    host.clock.advance_millis(500);  // c is too old now, e is not
    step(agent, 2);
    host.write("c", true);
    host.write("f");
    step(agent, 2);
}

TEST_CASE("a kill after any operation loses no piece and seals none twice") {
    PieceHost undisturbed;
    uint64_t operations = 0;
    {
        AgentLife agent(undisturbed);
        REQUIRE(agent.started());
        uint64_t before = undisturbed.disk.operations();
        write_and_step(undisturbed, agent);
        operations = undisturbed.disk.operations() - before;
    }
    REQUIRE(operations > 20);
    uint64_t reread = 0;
    for (uint64_t number = 0; number <= operations; ++number) {
        for (PowerCut cut : {PowerCut::kForget, PowerCut::kKeepAll, PowerCut::kPrefix}) {
            CAPTURE(number);
            PieceHost host(number + 1);
            {
                AgentLife agent(host);
                REQUIRE(agent.started());
                host.disk.stop_after(host.disk.operations() + number);
                write_and_step(host, agent);
            }
            host.disk.power_cut(cut, host.random);
            size_t before = sealed_records(host, false).size();
            live_to_the_end(host);
            check_each_once(host);
            reread += before > 0 && before < 7 ? 1 : 0;
        }
    }
    CHECK(reread > 10);
}

TEST_CASE("more waiting places than a position has ranges: nothing is lost, repeats are flagged") {
    PieceHost host;
    for (int i = 0; i < 300; ++i) {  // every other line is held
        host.write("held-" + std::to_string(i));
        host.write("whole-" + std::to_string(i), true);
    }
    {
        AgentLife agent(host);
        REQUIRE(agent.started());
        REQUIRE(agent.run_until_read());
        CHECK(sealed_records(host).size() == 300);
        host.disk.stop_after(host.disk.operations());
    }
    host.disk.power_cut(PowerCut::kForget, host.random);
    live_to_the_end(host);
    SealedTokens tokens(sealed_records(host));
    CHECK(tokens.missing(host.tokens) == 0);
    CHECK(tokens.doubled() == 0);
    size_t repeated_whole = 0;
    for (const auto& [token, times] : tokens.repeated) {
        repeated_whole += tokens.counted.count(token);
        CHECK(times == 1);
    }
    CHECK(repeated_whole > 100);
    CHECK(tokens.counted.size() < host.tokens);
}

TEST_CASE("one document of many pieces, killed or without space anywhere in it") {
    uint64_t cut_inside = 0;
    for (uint64_t number = 0; number < 24; ++number) {
        for (bool no_space : {false, true}) {
            CAPTURE(number);
            CAPTURE(no_space);
            PieceHost host(number + 1);
            std::string text = "[" + host.item("open", false);
            for (uint64_t i = 0; i < 4000; ++i) {
                std::string key = i % 3 == 0 ? "" : "k" + std::to_string(i / 6);
                text += "," + host.item(key, i % 6 == 5 && i % 5 != 0);
            }
            host.append(text + "]\n");
            {
                AgentLife agent(host);
                REQUIRE(agent.started());
                uint64_t at = host.disk.operations() + number;
                if (no_space) {
                    host.disk.fail_operation(at, ENOSPC);
                    step(agent, 1);
                    host.disk.stop_after(host.disk.operations() + number % 7);
                    host.clock.advance_millis(1000);
                } else {
                    host.disk.stop_after(at);
                }
                step(agent, 8);
            }
            host.disk.power_cut(static_cast<PowerCut>(number % 4), host.random);
            size_t before = sealed_records(host, false).size();
            cut_inside += before > 0 && before < 2000 ? 1 : 0;
            live_to_the_end(host);
            SealedTokens tokens(sealed_records(host));
            CHECK(tokens.missing(host.tokens) == 0);
            CHECK(tokens.doubled() == 0);
        }
    }
    CHECK(cut_inside >= 8);
}

TEST_CASE("pieces wait while the spool is full, and their records go when there is space") {
    PieceHost host;
    host.min_free_bytes = 1 << 20;
    host.write("a");
    AgentLife agent(host);
    REQUIRE(agent.started());
    step(agent, 5);
    host.disk.set_free_bytes(0);
    host.write("");
    step(agent, 5);
    host.clock.advance_millis(5000);
    step(agent, 5);
    CHECK(sealed_records(host).empty());
    host.disk.set_free_bytes(uint64_t{1} << 30);
    host.clock.advance_millis(2000);
    step(agent, 10);
    CHECK(sealed_records(host).size() == 2);
    REQUIRE(agent.stop());
    check_each_once(host);
}

TEST_CASE("a removed file's pieces become records; killed before that, their bytes are told lost") {
    for (bool killed : {false, true}) {
        CAPTURE(killed);
        PieceHost host;
        host.write("");
        host.write("a");
        {
            AgentLife agent(host);
            REQUIRE(agent.started());
            step(agent, 10);
            host.disk.remove_file(host.log_path);
            step(agent, 10);
            if (!killed) {
                host.clock.advance_millis(20'000);
                step(agent, 10);
                REQUIRE(agent.stop());
            }
            host.disk.stop_after(host.disk.operations());
        }
        host.disk.power_cut(PowerCut::kForget, host.random);
        AgentLife agent(host);
        REQUIRE(agent.started());
        for (int i = 0; i < 4; ++i) {
            step(agent, 10);
            host.clock.advance_millis(1000);
        }
        CHECK(agent.ingest().totals()[0].lost_bytes == (killed ? 37 : 0));
        CHECK(sealed_records(host).size() == (killed ? 1 : 2));
        REQUIRE(agent.stop());
    }
}
