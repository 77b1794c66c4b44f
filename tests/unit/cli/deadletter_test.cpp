// llmtrail deadletter on a real folder: which events a receiver refused, and sending them again.
#include "host_case.h"
#include "pipeline/agent_record.h"
#include "pipeline/dead_letter.h"
#include "record/record_codec.h"
#include "spool/spool.h"

using namespace llmtrail;

namespace {

constexpr uint64_t kNobody = 999;

class DeadletterHost : public HostCase {
 public:
    DeadletterHost() {
        SpoolOptions options;
        options.directory = directory / "state/spool";
        options.key_directory = directory / "state/keys";
        options.min_free_bytes = 0;
        std::filesystem::create_directory(directory / "state");
        auto opened = SpoolWriter::open(options, {*files, *clock, *random});
        REQUIRE_MESSAGE(opened, opened.error().message);
        writer = std::move(*opened);
    }

    // An interaction; its event id.
    DeadLetter seal_interaction(const std::string& output, const std::string& prompt) {
        AuditRecord record;
        record.set_text(Field::kEventKind, "inference");
        record.set_time(Field::kEventTime, UnixNanos{1'767'225'600 * kNanosPerSecond});
        record.set_text(Field::kPromptText, prompt);
        std::shared_ptr<const Batch> batch = seal(record);
        return {output, batch->first_index, event_id_of(batch->records[0].leaf), 100,
                "HTTP 400, code 6"};
    }

    void seal_letter(const DeadLetter& letter) {
        AuditRecord record;
        fill_agent_record(record, news_of(letter), UnixNanos{1'767'225'700 * kNanosPerSecond});
        seal(record);
    }

    std::shared_ptr<const Batch> seal(AuditRecord& record) {
        std::array<Bytes, kSectionCount> sections;
        encode_record(record, sections);
        writer->append({sections[0], sections[1], sections[2], sections[3]});
        auto batch = writer->commit({});
        REQUIRE(batch);
        return *batch;
    }

    void stop() { REQUIRE(writer->close()); }

    std::unique_ptr<SpoolWriter> writer;
};

}  // namespace

TEST_CASE("list prints each dead letter once, of one output when that is asked for, never raw") {
    DeadletterHost host;
    host.configure("");
    DeadLetter letter = host.seal_interaction("soc", "hello");
    DeadLetter hostile{"far\x1b[2J", 7, "id\x1b[31m", 110, "no\nreason\x1b[0m"};
    host.seal_letter(letter);
    host.seal_letter(letter);
    host.seal_letter(hostile);
    host.stop();
    std::string line = "2026-01-01T00:01:40.000Z  soc  " + std::to_string(letter.index) + "  " +
                       letter.event_id + "  100  HTTP 400, code 6\n";
    REQUIRE(host.run({"deadletter", "list"}) == ExitCode::kOk);
    CHECK(host.data.text.starts_with(line));
    CHECK(std::count(host.data.text.begin(), host.data.text.end(), '\n') == 2);
    CHECK(host.data.text.find('\x1b') == std::string::npos);
    REQUIRE(host.run({"deadletter", "list", "--output", "soc"}) == ExitCode::kOk);
    CHECK(host.data.text == line);
    REQUIRE(host.run({"deadletter", "list", "--output", "soc", "--json"}) == ExitCode::kOk);
    CHECK(host.data.text ==
          "{\"time\":\"2026-01-01T00:01:40.000000000Z\",\"output\":\"soc\",\"index\":" +
              std::to_string(letter.index) + ",\"event.id\":\"" + letter.event_id +
              "\",\"event.class\":100,\"reason\":\"HTTP 400, code 6\"}\n");
    CHECK(host.run({"deadletter", "list", "--spool", host.directory / "state/spool"}) ==
          ExitCode::kOk);
    CHECK(host.run({"deadletter", "list", "3"}) == ExitCode::kUsage);
    CHECK(host.run({"deadletter", "forget"}) == ExitCode::kUsage);
    CHECK(host.run({"deadletter", "list", "--spool", host.directory / "nowhere"}) != ExitCode::kOk);
}

TEST_CASE("resend sends the event under its own id, marked, and says what the output confirms") {
    DeadletterHost host;
    HecServer server({});
    host.configure(hec_output(server, host.secret("good-token"), ", preview: {prompt: 100}"));
    DeadLetter first = host.seal_interaction("splunk", "the first prompt");
    DeadLetter second = host.seal_interaction("splunk", "the second prompt");
    host.seal_letter(first);
    host.seal_letter(second);
    std::string confirmed = ": acknowledged by its receiver\n";
    auto line = [&](const DeadLetter& letter) {
        return "output splunk, record " + std::to_string(letter.index) + ", event " +
               letter.event_id + confirmed;
    };
    // The agent holds the spool.
    REQUIRE_MESSAGE(host.run({"deadletter", "resend"}) == ExitCode::kOk, host.talk_text.text);
    CHECK(host.data.text == line(first) + line(second));
    CHECK(server.log_of("stored") ==
          LogLines{{"stored", first.event_id, "1"}, {"stored", second.event_id, "1"}});
    host.stop();
    REQUIRE(host.run({"deadletter", "resend", std::to_string(second.index)}) == ExitCode::kOk);
    CHECK(host.data.text == line(second));
    REQUIRE(host.run({"deadletter", "list"}) == ExitCode::kOk);
    CHECK(contains(host.data.text, first.event_id));
}

TEST_CASE("what cannot be sent again is told, and the others are tried all the same") {
    DeadletterHost host;
    host.directory.write("events", "");
    host.configure(
        "  - {id: soc, type: syslog, transport: tcp, address: '127.0.0.1:1'}\n"
        "  - {id: local, type: file, path: " +
        (host.directory / "events") + "}\n");
    DeadLetter down = host.seal_interaction("soc", "a");
    DeadLetter good = host.seal_interaction("local", "b");
    DeadLetter unknown = host.seal_interaction("removed", "c");
    DeadLetter swapped = host.seal_interaction("local", "d");
    swapped.event_id = good.event_id;
    DeadLetter gone = swapped;
    gone.index = kNobody;
    for (const DeadLetter& letter : {down, good, unknown, swapped, gone}) {
        host.seal_letter(letter);
    }
    host.stop();
    CHECK(host.run({"deadletter", "resend"}) == ExitCode::kIo);
    host.check_report({"output soc, record " + std::to_string(down.index), ": not delivered\n",
                       "output local, record ", ": written to disk\n", "output removed, record ",
                       ": not delivered\n", ": not delivered\n", "record 999, event ",
                       ": not delivered\n"});
    for (const char* words : {"connecting to 127.0.0.1:1", "no output `removed` is configured",
                              "is not the one it was", "not in the spool any more"}) {
        CHECK_MESSAGE(contains(host.talk_text.text, words), host.talk_text.text);
    }
    std::ifstream in(host.directory / "events");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    CHECK(contains(text, "externalId=" + good.event_id));
    CHECK(contains(text, "llmtrailResent=1"));
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    CHECK(host.run({"deadletter", "resend", "12345"}) == ExitCode::kIo);
    CHECK(host.run({"deadletter", "resend", "x"}) == ExitCode::kUsage);
    CHECK(host.run({"deadletter", "resend", "--output", "local", std::to_string(good.index)}) ==
          ExitCode::kOk);
}

TEST_CASE("a receiver that still refuses is told, and nothing in the spool changes") {
    DeadletterHost host;
    HecScript script;
    script.events = {"invalid:0"};
    HecServer server(script);
    host.configure(hec_output(server, host.secret("good-token")));
    DeadLetter letter = host.seal_interaction("splunk", "a");
    host.seal_letter(letter);
    host.stop();
    CHECK(host.run({"deadletter", "resend"}) == ExitCode::kIo);
    CHECK(contains(host.talk_text.text, "its receiver refused it: HTTP 400, code 6"));
    CHECK(server.log_of("stored").empty());
    CHECK(host.run({"deadletter", "resend"}) == ExitCode::kOk);
    CHECK(server.log_of("stored") == LogLines{{"stored", letter.event_id, "1"}});
}
