// Events that a receiver refuses for good: what is sealed of them, what the ledger says, and that
// none goes without a word whatever stops when.
#include "pipeline/dead_letter.h"

#include "agent_rig.h"
#include "pipeline/agent_record.h"

using namespace llmtrail;

namespace {

std::vector<DeadLetter> letters_in(AgentLife& agent) {
    std::vector<DeadLetter> letters;
    agent.for_each_sealed([&](uint64_t, const AuditRecord& record) {
        if (std::optional<DeadLetter> letter = dead_letter_of(record)) {
            letters.push_back(std::move(*letter));
        }
    });
    return letters;
}

std::function<bool(const OutputEvent&)> refuse_document(const std::string& name) {
    return [name](const OutputEvent& event) {
        return event.text.find(name + " ") != std::string_view::npos;
    };
}

bool refuse_all(const OutputEvent&) {
    return true;
}

}  // namespace

TEST_CASE("a dead letter is read back from its agent record, and from no other") {
    DeadLetter letter{"soc", 4711, "rtjedomul6dzwh2bzkoqngwfb4arawhb", 100, "HTTP 400: class 5"};
    AuditRecord record;
    fill_agent_record(record, news_of(letter), UnixNanos{1});
    CHECK(dead_letter_of(record) == letter);
    record.set_text(Field::kSourceId, "app");
    CHECK_FALSE(dead_letter_of(record));
    for (const char* detail :
         {"", "dead letter: record ", "dead letter: record x, event a, class 1: r",
          "dead letter: record 1, event a, class 70000: r", "dead letter: record 1, event a",
          "records 1 to 5 were removed"}) {
        CAPTURE(detail);
        fill_agent_record(record, {kClassEventsDropped, "soc", detail, 1}, UnixNanos{1});
        CHECK_FALSE(dead_letter_of(record));
    }
    fill_agent_record(record, {kClassOutputDown, "soc", news_of(letter).detail, 1}, UnixNanos{1});
    CHECK_FALSE(dead_letter_of(record));
}

TEST_CASE("an event that is refused is sealed as a dead letter, told, counted, and left alone") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    ScriptedReceiver& other = host.receivers["other"];
    soc.refuses = refuse_document("document-3");
    host.write_documents(6);
    AgentLife agent(host);
    REQUIRE(agent.run_until_done());
    REQUIRE(agent.run_until_done());
    std::vector<DeadLetter> letters = letters_in(agent);
    REQUIRE(letters.size() == 1);
    CHECK(letters[0].output == "soc");
    CHECK(letters[0].reason == "the receiver does not like it");
    CHECK(letters[0].event_class == 100);
    CHECK(other.ids_of.at("document-3") == std::set<std::string>{letters[0].event_id});
    CHECK(soc.ids_of.count("document-3") == 0);
    CHECK(soc.ids_of.size() == 5);
    CHECK(soc.count("|604|") == 1);
    CHECK(other.count("|604|") == 1);
    CHECK(agent.totals_of("soc").dead_lettered == 1);
    CHECK(agent.totals_of("other").dead_lettered == 0);

    soc.rewind_from = letters[0].index - 1;
    agent.step();
    REQUIRE(agent.run_until_done());
    CHECK(letters_in(agent).size() == 1);
    CHECK(agent.totals_of("soc").dead_lettered == 1);
    REQUIRE(agent.stop());
    CHECK(host.verdict() == Verdict::kClean);
    AgentLife next(host);
    CHECK(next.spool().recovered().cursors[1].second > letters[0].index);
}

TEST_CASE("receivers that refuse everything, dead letters too, make no letters about letters") {
    Host host;
    host.receivers["left"].refuses = refuse_all;
    host.receivers["right"].refuses = refuse_all;
    host.write_documents(4);
    AgentLife agent(host);
    for (int i = 0; i < 300; ++i) {
        agent.step();
    }
    std::vector<DeadLetter> letters = letters_in(agent);
    CHECK(letters.size() >= 8);
    CHECK(letters.size() <= 12);  // the agent's own start, too
    for (const DeadLetter& letter : letters) {
        CHECK(letter.event_class != kClassEventsDropped);
    }
    for (const char* id : {"left", "right"}) {
        OutputTotals totals = agent.totals_of(id);
        CHECK(totals.pending == 0);
        CHECK(totals.dead_lettered == letters.size() / 2);
        CHECK(totals.not_routed + totals.aggregated > 0);
    }
}

TEST_CASE("what an output refuses that speaks of itself is no dead letter") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    soc.refuses = [](const OutputEvent& event) { return event.event_class == kClassOutputDown; };
    AgentLife agent(host);
    agent.mailbox().put_news({kClassOutputDown, "soc", "refused", 1});
    agent.mailbox().put_news({kClassOutputDown, "elsewhere", "refused", 1});
    REQUIRE(agent.run_until_done());
    REQUIRE(agent.run_until_done());
    CHECK(letters_in(agent).size() == 1);
    CHECK(agent.totals_of("soc").dead_lettered == 1);
    CHECK(agent.totals_of("soc").not_routed == 1);
}

TEST_CASE("the cursor passes a refused event when its dead letter is in the log, not before") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    soc.refuses = refuse_document("document-2");
    soc.accepts = false;
    host.write_documents(4);
    {
        AgentLife agent(host);
        REQUIRE(agent.run_until_read());
        soc.accepts = true;
        for (int i = 0; i < 5; ++i) {
            agent.deliver().step();  // refuses, while ingest does not look
        }
        CHECK(agent.totals_of("soc").dead_lettered == 1);
        CHECK(agent.mailbox().dead_letters_waiting() == 1);
    }  // killed
    AgentLife agent(host);
    REQUIRE(agent.run_until_done());
    REQUIRE(agent.run_until_done());
    CHECK(agent.mailbox().dead_letters_waiting() == 0);
    REQUIRE(letters_in(agent).size() == 1);
}

TEST_CASE("a dead letter of the last moment is sealed when the agent stops") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    soc.accepts = false;
    soc.refuses = refuse_document("document-1");
    host.write_documents(3);
    AgentLife agent(host);
    REQUIRE(agent.run_until_read());
    soc.accepts = true;
    REQUIRE(agent.stop());
    AgentLife next(host);
    REQUIRE(letters_in(next).size() == 1);
    REQUIRE(next.run_until_done());
    CHECK(letters_in(next).size() == 1);
}

TEST_CASE("while too many dead letters wait for the log no lane offers anything") {
    Host host;
    host.receivers["soc"].accepts = false;
    host.write_documents(3);
    AgentLife agent(host);
    REQUIRE(agent.run_until_read());
    host.receivers["soc"].accepts = true;
    for (size_t i = 0; i < kDeadLettersMax; ++i) {
        agent.mailbox().put_dead_letter({"gone", i, "id", 100, "no"});
    }
    agent.deliver().step();
    CHECK(host.receivers["soc"].events.empty());
    REQUIRE(agent.run_until_done());
    CHECK(host.receivers["soc"].ids_of.size() == 3);
    CHECK(letters_in(agent).size() == kDeadLettersMax);
}

TEST_CASE("a checkpoint that was refused anchors nothing") {
    Host host;
    ScriptedReceiver& soc = host.receivers["soc"];
    soc.refuses = [](const OutputEvent& event) { return event.event_class == kClassCheckpoint; };
    host.write_documents(2);
    AgentLife agent(host);
    REQUIRE(agent.run_until_done());
    REQUIRE(agent.stop());
    CHECK(agent.ingest().anchors().anchored_size == 0);
}

TEST_CASE("while the spool is full a dead letter holds no cursor, and is sealed when it is not") {
    Host host;
    host.min_free_bytes = 1 << 20;
    ScriptedReceiver& soc = host.receivers["soc"];
    soc.accepts = false;
    soc.refuses = refuse_document("document-0");
    host.write_documents(3);
    AgentLife agent(host);
    REQUIRE(agent.run_until_read());
    host.disk.set_free_bytes(0);
    host.write_documents(1);
    for (int i = 0; i < 20; ++i) {
        agent.step();
    }
    soc.accepts = true;
    for (int i = 0; i < 20; ++i) {
        agent.step();
    }
    CHECK(letters_in(agent).empty());
    Cursors cursors = agent.deliver().cursors();
    CHECK(agent.ingest().held_back(cursors) == cursors);
    host.disk.set_free_bytes(uint64_t{1} << 30);
    host.clock.advance_millis(5000);
    REQUIRE(agent.run_until_done());
    REQUIRE(agent.run_until_done());
    CHECK(letters_in(agent).size() == 1);
}

TEST_CASE(
    "whatever is refused, offered again or cut off when, each event arrives or has a letter") {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        Host host(seed);
        FakeRandom random(seed);
        auto one_in = [&](uint8_t many) {
            uint8_t byte = 0;
            REQUIRE(random.fill(&byte, 1));
            return byte % many == 0;
        };
        std::set<std::string> refused;
        for (const char* id : {"left", "right"}) {
            host.receivers[id].refuses = [&](const OutputEvent& event) {
                bool no = one_in(5);
                if (no) {
                    refused.insert(std::string(event.event_id));
                }
                return no;
            };
        }
        for (int life = 0; life < 4; ++life) {
            AgentLife agent(host);
            REQUIRE(agent.started());
            for (int i = 0; i < 40; ++i) {
                host.write_documents(one_in(3) ? 2 : 0);
                for (auto& [id, receiver] : host.receivers) {
                    receiver.accepts = !one_in(4);
                    receiver.confirms = !one_in(3);
                    if (one_in(10)) {
                        receiver.rewind_from = agent.totals_of(id).confirmed;
                    }
                }
                agent.step();
            }
            if (one_in(2)) {  // else it is killed
                REQUIRE(agent.stop());
            }
        }
        for (auto& [id, receiver] : host.receivers) {
            receiver.accepts = receiver.confirms = true;
        }
        AgentLife agent(host);
        REQUIRE(agent.run_until_done());
        for (int i = 0; i < 50; ++i) {
            agent.step();
        }
        std::map<std::string, std::set<std::string>> letters;
        for (const DeadLetter& letter : letters_in(agent)) {
            letters[letter.output].insert(letter.event_id);
            CHECK(refused.count(letter.event_id) == 1);
        }
        std::map<std::string, std::string> id_of;
        for (auto& [id, receiver] : host.receivers) {
            for (const auto& [document, ids] : receiver.ids_of) {
                id_of[document] = *ids.begin();
            }
        }
        for (auto& [id, receiver] : host.receivers) {
            for (uint64_t n = 0; n < host.written; ++n) {
                std::string document = "document-" + std::to_string(n);
                bool arrived = receiver.ids_of.count(document) > 0;
                bool known = id_of.count(document) > 0;
                CHECK((arrived ||
                       (known ? letters[id].count(id_of[document]) > 0 : !letters[id].empty())));
            }
        }
        REQUIRE(agent.stop());
        CHECK(host.verdict() == Verdict::kClean);
    }
}
