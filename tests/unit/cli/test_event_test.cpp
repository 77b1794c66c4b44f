#include "host_case.h"

using namespace llmtrail;

namespace {

std::string event_id_of_report(const std::string& report) {
    std::string word = "test event ";
    REQUIRE(report.starts_with(word));
    return report.substr(word.size(), report.find('\n') - word.size());
}

}  // namespace

TEST_CASE("a test event goes the way of every event and is found by the id that is printed") {
    HostCase host;
    TlsServer server(host.server_plan());
    host.directory.write("events", "");
    host.configure(
        host.syslog(server.endpoint()) +
        "  - {id: local, type: file, format: json, path: " + (host.directory / "events") + "}\n");
    CHECK(host.run({"test-event"}) == ExitCode::kOk);
    std::string id = event_id_of_report(host.data.text);
    CHECK(id.size() == 32);
    host.check_report(
        {"output soc: sent: only the receiver knows whether it took it; find it: "
         "externalId=" +
             id + "\n",
         "output local: written to disk; find it: \"event.id\":\"" + id + "\"\n"});
    std::string received = server.stop();
    CHECK(contains(received, "|712|Test event|"));
    CHECK(contains(received, "externalId=" + id));
    CHECK(std::count(received.begin(), received.end(), '|') == 7);
    std::ifstream in(host.directory / "events");
    std::string line;
    REQUIRE(std::getline(in, line));
    CHECK(contains(line, "\"event.id\":\"" + id + "\""));
    CHECK_FALSE(std::getline(in, line));
    CHECK_FALSE(host.files->info(host.directory / "state", true));
}

TEST_CASE("a test event is acknowledged by an HTTP Event Collector and by Sentinel, once") {
    HostCase host;
    HecServer splunk({});
    host.configure(hec_output(splunk, host.secret("good-token")));
    CHECK(host.run({"test-event"}) == ExitCode::kOk);
    std::string id = event_id_of_report(host.data.text);
    host.check_report({"output splunk: acknowledged by its receiver; find it: index=* \"" + id});
    CHECK(splunk.log_of("stored") == LogLines{{"stored", id, "0"}});

    AzureServer azure({});
    host.configure(sentinel_output(azure, host.secret(AzureServer::kClientSecret)));
    CHECK(host.run({"test-event", "--output", "azure"}) == ExitCode::kOk);
    id = event_id_of_report(host.data.text);
    host.check_report({"LlmTrail_CL | where EventUid == \"" + id + "\"\n"});
    CHECK(azure.log_of("stored") == LogLines{{"stored", id, "0"}});
    CHECK(azure.log_of("violation").empty());
}

TEST_CASE("a test event stands in its topic of Kafka, with its id in a header") {
    HostCase host;
    KafkaCluster cluster;
    host.configure(kafka_output(cluster.brokers().at(0)));
    CHECK(host.run({"test-event"}) == ExitCode::kOk);
    std::string id = event_id_of_report(host.data.text);
    host.check_report({"output bus: acknowledged by its receiver; find it: externalId=" + id});
    std::vector<StoredMessage> messages = cluster.read_all();
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].headers.at("event_id") == id);
    CHECK(messages[0].headers.at("event_class") == "712");

    cluster.answer(KafkaCluster::kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
    CHECK(host.run({"test-event"}) == ExitCode::kIo);
    CHECK_MESSAGE(contains(host.talk_text.text, "this user may not write to the topic"),
                  host.talk_text.text);
}

TEST_CASE("what a test event cannot reach is told at once, and the other outputs are tried") {
    HostCase host;
    host.directory.write("events", "");
    host.configure("  - {id: gone, type: file, path: " + (host.directory / "gone") +
                   "}\n  - {id: soc, type: syslog, transport: tcp, address: '127.0.0.1:1'}\n"
                   "  - {id: local, type: file, path: " +
                   (host.directory / "events") + "}\n");
    CHECK(host.run({"test-event"}) == ExitCode::kIo);
    host.check_report({"output gone: not delivered\n", "output soc: not delivered\n",
                       "output local: written to disk; find it: externalId="});
    CHECK(contains(host.talk_text.text, "is not there: the agent makes it when it starts"));
    CHECK(contains(host.talk_text.text, "error: output `soc`: connecting to 127.0.0.1:1"));
    CHECK(contains(host.talk_text.text, "check --connect"));
    CHECK_FALSE(host.files->info(host.directory / "gone", true));
    CHECK(host.run({"test-event", "--output", "local"}) == ExitCode::kOk);
    CHECK_FALSE(contains(host.data.text, "output soc"));
    CHECK(host.run({"test-event", "--output", "nobody"}) == ExitCode::kUsage);
}

TEST_CASE("a receiver that refuses a test event, or does not acknowledge it, is told") {
    struct Refusal {
        const char* fault;
        const char* told;
    };

    const Refusal kRefusals[] = {{"invalid:0", "its receiver refused it: HTTP 400, code 6"},
                                 {"code:9", "HTTP 503, code 9: busy"},
                                 {"never-acked", "not confirmed within 30 s"}};
    for (const Refusal& refusal : kRefusals) {
        CAPTURE(refusal.fault);
        HostCase host;
        host.clock = std::make_unique<FastClock>();
        HecScript script;
        script.events = {refusal.fault};
        HecServer server(script);
        host.configure(hec_output(server, host.secret("good-token")));
        CHECK(host.run({"test-event"}) == ExitCode::kIo);
        host.check_report({"output splunk: not delivered\n"});
        CHECK_MESSAGE(contains(host.talk_text.text, refusal.told), host.talk_text.text);
        CHECK(server.log_of("stored").empty());
    }
    HostCase host;
    AzureServer azure({{"page:403", "page:403"}});
    host.configure(sentinel_output(azure, host.secret(AzureServer::kClientSecret)));
    CHECK(host.run({"test-event"}) == ExitCode::kIo);
    CHECK_MESSAGE(contains(host.talk_text.text, "HTTP 403"), host.talk_text.text);
}
