#include <doctest/doctest.h>

#include "config_case.h"

using namespace llmtrail;

TEST_CASE("the smallest configuration has the documented defaults") {
    LoadedSettings loaded = load_text(kOneSource);
    REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
    const Settings& settings = *loaded.settings;
    CHECK(settings.state_directory == "/var/lib/llmtrail");
    CHECK(settings.host_id == "auto");
    CHECK(settings.spool.directory == "/var/lib/llmtrail/spool");
    CHECK(settings.spool.max_size_bytes == uint64_t{8} << 30);
    CHECK(settings.spool.checkpoint_interval_ms == 60'000);
    REQUIRE(settings.sources.size() == 1);
    CHECK(settings.sources[0].format == "auto");
    CHECK_FALSE(settings.sources[0].start_at_end);
    CHECK(settings.sources[0].max_document_bytes == size_t{16} << 20);
    CHECK(settings.sources[0].join_bytes_max == uint64_t{16} << 20);
    CHECK(settings.sources[0].join_age_max_ms == 60'000);
    CHECK(settings.outputs.empty());
}

TEST_CASE("every key of this version reaches its setting") {
    LoadedSettings loaded = load_text(read_project_file("tests/config/full.yaml"));
    REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
    const Settings& settings = *loaded.settings;
    CHECK(settings.state_directory == "/srv/llmtrail");
    CHECK(settings.host_id == "web-01");
    const SourceSettings& source = settings.sources.at(0);
    CHECK(source.id == "chatapp");
    CHECK(source.paths ==
          std::vector<std::string>{"/var/log/chatapp/*.jsonl", "/var/log/old/app.log"});
    CHECK(source.exclude == std::vector<std::string>{"/var/log/chatapp/debug.jsonl"});
    CHECK(source.format == "json");
    CHECK(source.start_at_end);
    CHECK(source.max_document_bytes == 1'048'576);
    CHECK(source.utc_offset_seconds == -19'800);
    CHECK(source.join_bytes_max == 1'048'576);
    CHECK(source.join_age_max_ms == 5'000);
    REQUIRE(source.map.size() == 3);
    CHECK(source.map[2] ==
          std::pair<std::string, std::string>{"llm.audit.data_sources", "metadata.documents"});
    CHECK(source.map[1] == std::pair<std::string, std::string>{"user.roles", "metadata.role"});
    const OutputSettings& soc = settings.outputs.at(0);
    CHECK(soc.address.host == "::1");
    CHECK(soc.address.port == 6514);
    CHECK(soc.transport == SyslogTransport::kTls);
    CHECK(soc.framing == Framing::kLf);
    CHECK(soc.facility == 16);
    CHECK(soc.max_event_bytes == 65'536);
    CHECK(soc.tls.ca_file == "/etc/llmtrail/ca.pem");
    CHECK(soc.tls.cert_file == "/etc/llmtrail/client.pem");
    CHECK(soc.tls.key_file == "/etc/llmtrail/client.key");
    CHECK(soc.tls.server_name == "siem.internal");
    CHECK(soc.only.kinds == std::vector<std::string>{"inference", "rejected"});
    CHECK(soc.only.classes == std::vector<uint16_t>{100, 605});
    CHECK(soc.only.min_severity == 7);
    CHECK_FALSE(soc.required);
    CHECK(soc.preview_prompt_characters == 20);
    CHECK(soc.preview_response_characters == 30);
    CHECK(soc.tls.crl_file == "/etc/llmtrail/crl.pem");
    CHECK(soc.tls.pins.size() == 2);
    CHECK(soc.tls.pins.at(1) == "sha256//9f/+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    CHECK(soc.tls.connection_age_max_ms == 7'200'000);
    const OutputSettings& local = settings.outputs.at(1);
    CHECK(local.type == OutputType::kFile);
    CHECK(local.path == "/var/log/llmtrail/events.cef");
    CHECK(local.allow_plaintext);
    CHECK(local.required);
    const OutputSettings& splunk = settings.outputs.at(2);
    CHECK(splunk.type == OutputType::kSplunkHec);
    CHECK(splunk.format == EventFormat::kJson);
    CHECK(splunk.hec.url == "https://splunk.example.com:8088");
    CHECK(splunk.hec.tokens ==
          std::vector<SecretReference>{{SecretPlace::kCredential, "hec_token"},
                                       {SecretPlace::kFile, "/etc/llmtrail/old-token"}});
    CHECK_FALSE(splunk.hec.acknowledged);
    CHECK_FALSE(splunk.hec.gzip);
    CHECK(splunk.hec.index == "llm");
    CHECK(splunk.hec.source == "chat");
    CHECK(splunk.hec.sourcetype == "llm:audit");
    CHECK(splunk.hec.batch_bytes_max == 65'536);
    const SentinelSettings& sentinel = settings.outputs.at(3).sentinel;
    CHECK(settings.outputs.at(3).type == OutputType::kSentinel);
    CHECK(sentinel.endpoint == "https://llmtrail-ab12.westeurope-1.ingest.monitor.azure.com");
    CHECK(sentinel.rule_id == "dcr-0123456789abcdef0123456789abcdef");
    CHECK(sentinel.stream == "Custom-LlmTrail_CL");
    CHECK(sentinel.batch_bytes_max == 500'000);
    CHECK(sentinel.auth.kind == AzureAuthKind::kClientSecret);
    CHECK(sentinel.auth.tenant_id == "contoso.example");
    CHECK(sentinel.auth.client_id == "11111111-2222-3333-4444-555555555555");
    CHECK(sentinel.auth.client_secret == SecretReference{SecretPlace::kCredential, "azure_secret"});
    CHECK(sentinel.auth.authority == "https://login.microsoftonline.us");
    CHECK(sentinel.auth.scope == "https://monitor.azure.us/.default");
    const OutputSettings& bus = settings.outputs.at(4);
    CHECK(bus.type == OutputType::kKafka);
    CHECK(bus.format == EventFormat::kJson);
    REQUIRE(bus.kafka.brokers.size() == 2);
    CHECK(bus.kafka.brokers.at(0).host == "kafka-1.example.com");
    CHECK(bus.kafka.brokers.at(1).host == "2001:db8::1");
    CHECK(bus.kafka.brokers.at(1).port == 9093);
    CHECK(bus.kafka.topic == "llm.audit");
    CHECK(bus.kafka.user_name == "llmtrail");
    CHECK(bus.kafka.password == SecretReference{SecretPlace::kCredential, "kafka_password"});
    CHECK(bus.kafka.queue_bytes_max == size_t{16} << 20);
    CHECK_FALSE(bus.kafka.plain);
    CHECK(bus.tls.ca_file == "/etc/llmtrail/kafka-ca.pem");
    const SpoolSettings& spool = settings.spool;
    CHECK(spool.directory == "/srv/spool");
    CHECK(spool.max_size_bytes == uint64_t{2} << 40);
    CHECK(spool.min_free_bytes == 0);
    CHECK(spool.sync_interval_ms == 200);
    CHECK(spool.seal_interval_ms == 2000);
    CHECK(spool.checkpoint_interval_ms == 900'000);
    CHECK(spool.segment_bytes_max == 1'048'576);
    CHECK(spool.segment_age_max_ms == 1'800'000);
    CHECK(spool.compression_level == 3);
    CHECK(spool.on_full == OnFull::kDropOldest);
    CHECK(spool.retention_min_age_ms == int64_t{30} * 86'400'000);
    CHECK(spool.retention_max_age_ms == int64_t{90} * 86'400'000);
    REQUIRE(spool.recipients.size() == 2);
    CHECK(spool.recipients[0].role == Role::kAuditor);
    CHECK(spool.recipients[0].public_key[0] == 1);
    CHECK(spool.recipients[1].role == Role::kModelAdministrator);
    CHECK(spool.recipients[1].public_key[31] == 64);
    CHECK(settings.local_keys ==
          std::vector<std::string>{"credential:llmtrail-2", "credential:llmtrail-1", "auto"});
    CHECK(settings.metrics_textfile == "/var/lib/prometheus/node-exporter/llmtrail.prom");
}

TEST_CASE("all errors come at once, in the order of the file, with line, caret and hint") {
    LoadedSettings loaded = load_text(
        "sources:\n"
        "  - id: app\n"
        "    pathes: [/x]\n"
        "    start_at: beginnig\n"
        "spool:\n"
        "  max_size: 64MB\n");
    CHECK(loaded.settings == nullptr);
    CHECK(all_errors(loaded) ==
          "/etc/llmtrail/agent.yaml:3:5: error: unknown key `pathes` in source `app`\n"
          "  3 |     pathes: [/x]\n"
          "    |     ^\n"
          "  hint: did you mean `paths`?\n"
          "/etc/llmtrail/agent.yaml:4:15: error: `beginnig` is no value of `start_at`\n"
          "  4 |     start_at: beginnig\n"
          "    |               ^\n"
          "  hint: did you mean `beginning`?\n"
          "/etc/llmtrail/agent.yaml:6:13: error: `max_size` takes a size, not `64MB`\n"
          "  6 |   max_size: 64MB\n"
          "    |             ^\n"
          "  hint: a size is a whole number of bytes, or of KiB, MiB, GiB, TiB: 64MiB\n");
}

TEST_CASE("conf.d files add sources and outputs in the order of their names") {
    MemoryFiles files;
    files.files["/e/agent.yaml"].text = kOneSource + "spool: {max_size: 4GiB}\n";
    files.files["/e/conf.d/20-more.yaml"].text = "sources:\n  - {id: third, paths: [/c]}\n";
    files.files["/e/conf.d/10-more.yaml"].text =
        "sources:\n  - {id: second, paths: [/b]}\nspool: {min_free: 2GiB}\n";
    files.files["/e/conf.d/15-empty.yaml"].text = "# nothing yet\n";
    files.files["/e/conf.d/.hidden.yaml"].text = "nonsense: true\n";
    files.files["/e/conf.d/old.yaml.dpkg-old"].text = "nonsense: true\n";
    LoadedSettings loaded = load_settings("/e/agent.yaml", test_vocabulary(), files);
    REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
    REQUIRE(loaded.settings->sources.size() == 3);
    CHECK(loaded.settings->sources[1].id == "second");
    CHECK(loaded.settings->sources[2].id == "third");
    CHECK(loaded.settings->spool.max_size_bytes == uint64_t{4} << 30);
    CHECK(loaded.settings->spool.min_free_bytes == uint64_t{2} << 30);
}

TEST_CASE("a value set in two files is an error that names both places") {
    MemoryFiles files;
    files.files["/e/agent.yaml"].text = kOneSource + "spool: {max_size: 4GiB}\n";
    files.files["/e/conf.d/a.yaml"].text = "\nspool:\n  max_size: 5GiB\n";
    LoadedSettings loaded = load_settings("/e/agent.yaml", test_vocabulary(), files);
    REQUIRE(loaded.errors.size() == 1);
    CHECK(loaded.errors[0].file == "/e/conf.d/a.yaml");
    CHECK(loaded.errors[0].line == 3);
    CHECK(loaded.errors[0].column == 3);
    CHECK(loaded.errors[0].message == "`max_size` is set in two files");
    CHECK(loaded.errors[0].hint.find("/e/agent.yaml:4:9") != std::string::npos);
}

TEST_CASE("an id taken in agent.yaml is taken in conf.d too") {
    MemoryFiles files;
    files.files["/e/agent.yaml"].text = kOneSource;
    files.files["/e/conf.d/a.yaml"].text = "sources:\n  - {id: app, paths: [/b]}\n";
    LoadedSettings loaded = load_settings("/e/agent.yaml", test_vocabulary(), files);
    REQUIRE(loaded.errors.size() == 1);
    CHECK(loaded.errors[0].file == "/e/conf.d/a.yaml");
    CHECK(loaded.errors[0].message.find("already taken") != std::string::npos);
}

TEST_CASE("files that others may write or own are refused as a permission problem") {
    MemoryFiles files;
    MemoryFile& file = files.files["/e/agent.yaml"];
    file.text = kOneSource;
    for (uint32_t mode : {0664U, 0646U, 0666U}) {
        file.mode = mode;
        LoadedSettings loaded = load_settings("/e/agent.yaml", test_vocabulary(), files);
        REQUIRE(loaded.errors.size() == 1);
        CHECK(loaded.errors[0].code == ErrorCode::kPermission);
        CHECK(loaded.errors[0].hint == "chmod go-w /e/agent.yaml");
    }
    file.mode = 0640;
    file.owner = 1000;
    LoadedSettings foreign = load_settings("/e/agent.yaml", test_vocabulary(), files, 999);
    REQUIRE(foreign.errors.size() == 1);
    CHECK(foreign.errors[0].code == ErrorCode::kPermission);
    CHECK(load_settings("/e/agent.yaml", test_vocabulary(), files, 1000).settings);
    files.files["/e/conf.d/x.yaml"] = {"state_dir: /x\n", 0622, 0, ErrorCode::kInternal};
    CHECK(load_settings("/e/agent.yaml", test_vocabulary(), files, 1000).errors.at(0).file ==
          "/e/conf.d/x.yaml");
}

TEST_CASE("a configuration without sources is valid: the agent is installed before it has any") {
    for (const char* text : {"", "# only comments\n", "sources: []\n", "sources:\noutputs:\n"}) {
        LoadedSettings loaded = load_text(text);
        REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
        CHECK(loaded.settings->sources.empty());
        CHECK(loaded.settings->outputs.empty());
    }
    CHECK(load_text("source: []\n").errors.at(0).hint == "did you mean `sources`?");
}

TEST_CASE("a missing or unreadable file says what to do") {
    MemoryFiles files;
    LoadedSettings missing = load_settings("/e/agent.yaml", test_vocabulary(), files);
    REQUIRE(missing.errors.size() == 1);
    CHECK(missing.errors[0].code == ErrorCode::kNotFound);
    CHECK(missing.errors[0].hint.find("--config") != std::string::npos);
    files.files["/e/agent.yaml"].refusal = ErrorCode::kPermission;
    CHECK(load_settings("/e/agent.yaml", test_vocabulary(), files).errors.at(0).code ==
          ErrorCode::kPermission);
}

TEST_CASE("a file above the size limit is refused, one at the limit is not") {
    std::string text = kOneSource;
    text += "#" + std::string(kConfigBytesMax - text.size() - 1, 'x');
    CHECK(load_text(text).settings);
    LoadedSettings loaded = load_text(text + "x");
    REQUIRE(loaded.errors.size() == 1);
    CHECK(loaded.errors[0].code == ErrorCode::kLimit);
}

TEST_CASE("RELP is spoken over TLS, but for a receiver on this host when no `tls` is given") {
    auto use_tls = [](const std::string& rest) {
        LoadedSettings loaded = load_text(
            kOneSource + "outputs:\n  - {id: soc, type: syslog, transport: relp, " + rest + "}\n");
        REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
        return uses_tls(loaded.settings->outputs[0]);
    };
    CHECK(use_tls("address: \"siem.example.com:2514\""));
    CHECK(use_tls("address: \"192.0.2.1:2514\""));
    CHECK(use_tls("address: \"localhost:2514\", tls: {ca_file: /ca.pem}"));
    CHECK(use_tls("address: \"127.0.0.1:2514\", tls: {}"));
    CHECK_FALSE(use_tls("address: \"127.9.0.1:2514\""));
    CHECK_FALSE(use_tls("address: \"[::1]:2514\""));
    CHECK_FALSE(use_tls("address: \"localhost:2514\""));
    CHECK(use_tls("address: \"localhost.example.com:2514\""));
}

TEST_CASE("Kafka without TLS is for brokers of this host alone") {
    auto is_plain = [](const std::string& rest) {
        LoadedSettings loaded = load_text(
            kOneSource + "outputs:\n  - {id: bus, type: kafka, topic: t, " + rest + "}\n");
        REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
        return loaded.settings->outputs[0].kafka.plain;
    };
    CHECK(is_plain("brokers: [\"127.0.0.1:9092\"]"));
    CHECK(is_plain("brokers: [\"localhost:9092\", \"[::1]:9092\"]"));
    CHECK_FALSE(is_plain("brokers: [\"127.0.0.1:9092\", \"kafka.example.com:9092\"]"));
    CHECK_FALSE(is_plain("brokers: [\"127.0.0.1:9092\"], tls: {ca_file: /ca.pem}"));
    CHECK_FALSE(is_plain("brokers: [\"127.0.0.1:9092\"], tls: {}"));
}

TEST_CASE("the token of a host's identity comes from that host alone") {
    auto url_of = [](const std::string& auth) {
        LoadedSettings loaded = load_text(kOneSource +
                                          "outputs:\n  - id: azure\n    type: sentinel\n"
                                          "    endpoint: https://ingest.example.com\n"
                                          "    rule_id: dcr-1\n    stream: Custom-LlmTrail_CL\n"
                                          "    auth: " +
                                          auth + "\n");
        return loaded.settings ? loaded.settings->outputs.at(0).sentinel.auth.imds_url
                               : std::string();
    };
    CHECK(url_of("{kind: managed_identity}") == "http://169.254.169.254");
    CHECK(url_of("{kind: arc}") == "http://127.0.0.1:40342");
    for (const char* url : {"http://localhost:40342", "http://127.0.0.1:1", "http://[::1]:40342",
                            "http://169.254.169.254:80"}) {
        CHECK(url_of("{kind: arc, imds_url: \"" + std::string(url) + "\"}") == url);
    }
    for (const char* url :
         {"http://169.254.example.com", "http://10.0.0.1", "https://169.254.169.254",
          "http://169.254.169.254@example.com", "http://127.0.0.1.example.com", "http://",
          "http://169.254.169.254:80/metadata"}) {
        CHECK(url_of("{kind: arc, imds_url: \"" + std::string(url) + "\"}").empty());
    }
}

TEST_CASE("a Unix socket has a path for its address, and events over UDP are small unless told") {
    LoadedSettings loaded = load_text(kOneSource + R"(outputs:
  - {id: local, type: syslog, transport: unix, address: /dev/log}
  - {id: lossy, type: syslog, transport: udp, address: "siem:514"}
  - {id: large, type: syslog, transport: udp, address: "siem:514", max_event: 1400}
)");
    REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
    const std::vector<OutputSettings>& outputs = loaded.settings->outputs;
    CHECK(outputs[0].socket_path == "/dev/log");
    CHECK(outputs[0].max_event_bytes == 8000);
    CHECK_FALSE(uses_tls(outputs[0]));
    CHECK(outputs[1].address.host == "siem");
    CHECK(outputs[1].max_event_bytes == 1024);
    CHECK(outputs[2].max_event_bytes == 1400);
    CHECK_FALSE(uses_tls(outputs[2]));
}

TEST_CASE("the format of events is one of four") {
    for (auto [name, format] : {std::pair{"cef", EventFormat::kCef},
                                {"leef", EventFormat::kLeef},
                                {"leef2", EventFormat::kLeef2},
                                {"json", EventFormat::kJson}}) {
        LoadedSettings loaded = load_text(
            kOneSource + "outputs:\n  - {id: soc, type: syslog, address: \"s:1\", format: " + name +
            "}\n");
        REQUIRE_MESSAGE(loaded.settings, all_errors(loaded));
        CHECK(loaded.settings->outputs[0].format == format);
    }
}
