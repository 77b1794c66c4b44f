#include <sys/stat.h>

#include "cli/first_config.h"
#include "cli/shipped_files.h"
#include "host_case.h"

using namespace llmtrail;

namespace {

std::string written(const HostCase& host, const std::string& name = "agent.yaml") {
    auto bytes = host.files->read_file(host.directory / name, kConfigBytesMax);
    return bytes ? *bytes : "";
}

uint32_t mode_of(const HostCase& host, const std::string& name) {
    return host.files->info(host.directory / name, false)->mode;
}

std::vector<std::string> names_in(const HostCase& host) {
    return *host.files->list(host.directory.path());
}

}  // namespace

TEST_CASE("what init writes passes check, says what comes next, and is read again by nobody else") {
    HostCase host;
    CHECK(host.run({"init", "--source", "/var/log/chatapp/*.jsonl", "--output", "syslog",
                    "--address", "siem.example.com:6514", "--ca-file",
                    host.certificates.path("ca.pem")}) == ExitCode::kOk);
    host.check_report({"agent.yaml: written, source chatapp, output soc\n", "Next:\n",
                       "llmtrail check --connect --config ", "llmtrail test-event",
                       "llmtrail run"});
    CHECK(host.talk_text.text.empty());
    CHECK(mode_of(host, "agent.yaml") == 0644);
    CHECK(names_in(host) == std::vector<std::string>{"agent.yaml"});
    auto loaded = load_settings(host.directory / "agent.yaml", config_vocabulary(), *host.files,
                                effective_user());
    REQUIRE(loaded.settings != nullptr);
    CHECK(loaded.settings->sources.at(0).paths ==
          std::vector<std::string>{"/var/log/chatapp/*.jsonl"});
    CHECK(loaded.settings->outputs.at(0).address.host == "siem.example.com");
    CHECK(loaded.settings->outputs.at(0).tls.ca_file == host.certificates.path("ca.pem"));
    CHECK(contains(written(host), "#     start_at: beginning"));
}

TEST_CASE("without options init writes the shipped file, which it may write again") {
    HostCase host;
    CHECK(host.run({"init"}) == ExitCode::kOk);
    CHECK(contains(written(host), shipped_config()));
    CHECK(is_only_comments(written(host)));
    CHECK(host.run({"init", "--source", "/x/app.log"}) == ExitCode::kOk);
    CHECK(contains(written(host), "  - id: app\n    paths: [\"/x/app.log\"]") ==
          false);  // a plain path needs no quotes
    CHECK(contains(written(host), "sources:\n  - id: app\n    paths: [/x/app.log]\n"));
}

TEST_CASE("a configuration in use is refused, and with --force kept beside the new one") {
    HostCase host;
    const std::string mine = "# mine\nstate_dir: /srv/trail\n";
    host.directory.write("agent.yaml", mine);
    REQUIRE(::chmod((host.directory / "agent.yaml").c_str(), 0640) == 0);
    CHECK(host.run({"init", "--source", "/x/*.log"}) == ExitCode::kIo);
    CHECK(contains(host.talk_text.text, "is in use already"));
    CHECK(contains(host.talk_text.text, "--force"));
    CHECK(written(host) == mine);
    CHECK(host.run({"init", "--source", "/x/*.log", "--force"}) == ExitCode::kOk);
    CHECK(written(host, "agent.yaml.before-init") == mine);
    CHECK(mode_of(host, "agent.yaml.before-init") == 0640);
    CHECK(host.run({"init", "--source", "/y/*.log", "--force"}) == ExitCode::kOk);
    CHECK(contains(written(host, "agent.yaml.before-init-2"), "/x/*.log"));
    CHECK(written(host, "agent.yaml.before-init") == mine);
}

TEST_CASE("comments of somebody's own are kept, the shipped file is not") {
    HostCase host;
    host.directory.write("agent.yaml", "# remember the milk\n");
    CHECK(host.run({"init", "--source", "/x/*.log"}) == ExitCode::kOk);
    CHECK(written(host, "agent.yaml.before-init") == "# remember the milk\n");
    HostCase fresh;
    fresh.directory.write("agent.yaml", std::string(shipped_config()));
    CHECK(fresh.run({"init", "--source", "/x/*.log"}) == ExitCode::kOk);
    CHECK(names_in(fresh) == std::vector<std::string>{"agent.yaml"});
}

TEST_CASE("what would not pass check is not written") {
    HostCase host;
    ::mkdir((host.directory / "conf.d").c_str(), 0755);
    host.directory.write("conf.d/mine.yaml", "sources: [{id: x, paths: [/srv/x/*.log]}]\n");
    REQUIRE(::chmod((host.directory / "conf.d/mine.yaml").c_str(), 0644) == 0);
    CHECK(host.run({"init", "--source", "/x/*.log"}) == ExitCode::kConfig);
    CHECK(contains(host.talk_text.text, "`x`"));
    CHECK_FALSE(contains(host.talk_text.text, "agent.yaml.new"));
    CHECK(names_in(host) == std::vector<std::string>{"conf.d"});
}

TEST_CASE("a glob cannot end its place in the file") {
    for (std::string glob : {"/x/a]\noutputs: [{id: evil}", "/x/\"]#", "/x/a: b", "/x/{a}"}) {
        CAPTURE(glob);
        InitArguments arguments;
        arguments.sources = {glob};
        HostCase host;
        ExitCode code = host.run({"init", "--source", glob});
        auto loaded = load_settings(host.directory / "agent.yaml", config_vocabulary(), *host.files,
                                    effective_user());
        CHECK((code == ExitCode::kOk) == (loaded.settings != nullptr));
        if (loaded.settings) {
            CHECK(loaded.settings->sources.at(0).paths == std::vector<std::string>{glob});
            CHECK(loaded.settings->outputs.empty());
        }
    }
}

TEST_CASE("sources are named after the folder or file that says most, each by another name") {
    InitArguments arguments;
    arguments.sources = {"/var/log/chatapp/*.jsonl", "/srv/Chat App/logs/*.json",
                         "/var/log/chatapp/old/*",   "/opt/chatapp/log/x*.log",
                         "/var/log/*.log",           "/var/log/gateway.log"};
    auto config = first_config(arguments);
    REQUIRE(config);
    CHECK(config->source_ids ==
          std::vector<std::string>{"chatapp", "chat-app", "old", "chatapp-2", "app", "gateway"});
}

TEST_CASE(
    "every shipped output can be asked for: with what it needs it is active, else commented") {
    for (const ShippedFile& file : shipped_files()) {
        if (!file.name.starts_with("conf/outputs/")) {
            continue;
        }
        std::string type(file.name.substr(13, file.name.size() - 18));
        CAPTURE(type);
        HostCase host;
        CHECK(host.run({"init", "--output", type}) == ExitCode::kOk);
        bool needs_more = contains(file.text, "# fill in");
        CHECK(contains(host.data.text, "fill in and take the # away") == needs_more);
        auto loaded = load_settings(host.directory / "agent.yaml", config_vocabulary(), *host.files,
                                    effective_user());
        REQUIRE(loaded.settings != nullptr);
        CHECK(loaded.settings->outputs.size() == (needs_more ? 0 : 1));

        host.directory.write("agent.yaml", std::string(file.text));
        REQUIRE(::chmod((host.directory / "agent.yaml").c_str(), 0644) == 0);
        CHECK(load_settings(host.directory / "agent.yaml", config_vocabulary(), *host.files,
                            effective_user())
                  .settings != nullptr);
    }
}

TEST_CASE("an output with all that it needs is active, whatever its type") {
    HostCase host;
    host.directory.write("ca.pem", "no certificate: nobody looks into it yet");
    CHECK(host.run({"init", "--output", "sentinel", "--endpoint",
                    "https://dce-1.ingest.monitor.azure.com", "--rule-id",
                    "dcr-0123456789abcdef0123456789abcdef", "--output", "kafka", "--broker",
                    "kafka-1.example.com:9093", "--broker", "kafka-2.example.com:9093", "--topic",
                    "audit.llm", "--ca-file", host.directory / "ca.pem"}) == ExitCode::kOk);
    host.check_report({"output sentinel", "output kafka"});
    CHECK_FALSE(contains(host.data.text, "fill in"));
    CHECK(host.run({"check", "--effective"}) == ExitCode::kOk);
    auto loaded = load_settings(host.directory / "agent.yaml", config_vocabulary(), *host.files,
                                effective_user());
    REQUIRE(loaded.settings != nullptr);
    REQUIRE(loaded.settings->outputs.size() == 2);
    const SentinelSettings& sentinel = loaded.settings->outputs[0].sentinel;
    CHECK(sentinel.endpoint == "https://dce-1.ingest.monitor.azure.com");
    CHECK(sentinel.rule_id == "dcr-0123456789abcdef0123456789abcdef");
    const OutputSettings& kafka = loaded.settings->outputs[1];
    REQUIRE(kafka.kafka.brokers.size() == 2);
    CHECK(kafka.kafka.brokers[1].host == "kafka-2.example.com");
    CHECK(kafka.kafka.topic == "audit.llm");
    CHECK(kafka.tls.ca_file == host.directory / "ca.pem");
}

TEST_CASE("what is still to be filled in is named, and nothing that was given is lost") {
    HostCase host;
    CHECK(host.run({"init", "--output", "kafka", "--topic", "audit.llm"}) == ExitCode::kOk);
    host.check_report({"fill in and take the # away", "output `kafka`: brokers"});
    CHECK(contains(written(host), "#     topic: audit.llm\n"));
}

TEST_CASE("options that fit nothing are refused") {
    HostCase host;
    CHECK(host.run({"init", "--output", "sylog"}) == ExitCode::kUsage);
    CHECK(contains(host.talk_text.text, "did you mean `syslog`"));
    CHECK(host.run({"init", "--output", "file", "--address", "a:1"}) == ExitCode::kUsage);
    CHECK(contains(host.talk_text.text, "--address belongs to no output"));
    CHECK(host.run({"init", "--output", "kafka", "--rule-id", "dcr-1"}) == ExitCode::kUsage);
    CHECK(contains(host.talk_text.text, "--rule-id belongs to no output"));
    CHECK(host.run({"init", "--output", "sentinel", "--broker", "a:1"}) == ExitCode::kUsage);
    CHECK(host.run({"init", "--output", "kafka", "--broker", "nonsense", "--topic", "t"}) ==
          ExitCode::kConfig);
    CHECK(host.run({"init", "--output", "file", "--output", "file"}) == ExitCode::kUsage);
    CHECK(host.run({"init", "--source", "/x/a", "/x/b"}) == ExitCode::kUsage);
    CHECK(host.run({"init", "--output", "syslog", "--address", "a:1", "--ca-file", "/no/ca.pem"}) ==
          ExitCode::kIo);
    CHECK(host.run({"init", "--output", "syslog", "--address", "nonsense"}) == ExitCode::kConfig);
    CHECK(names_in(host).empty());
}
