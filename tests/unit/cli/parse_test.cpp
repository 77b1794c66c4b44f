#include "command_case.h"

using namespace llmtrail;

namespace {

constexpr std::string_view kPlain =
    "{\"message\":\"hello\",\"metadata\":{\"employee_id\":\"E17\"}}\n";

size_t lines(const std::string& text) {
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("parse writes one JSON record a line and a summary") {
    CommandCase command;
    command.inputs.standard_input = std::string(kPlain) + "{\"broken\n" + std::string(kPlain);
    CHECK(command.run({"parse"}) == ExitCode::kOk);
    CHECK(lines(command.data.text) == 3);
    CHECK(command.data.text.starts_with("{\"event.kind\":"));
    CHECK(contains(command.data.text, "\"event.kind\":\"rejected\""));
    CHECK(contains(command.data.text, "\"llm.audit.reject.reason\":"));
    CHECK(contains(command.data.text, "\"llm.audit.reject.digest\":"));
    CHECK_FALSE(contains(command.data.text, "\"event.id\""));
    CHECK(command.talk_text.text == "documents 3, records 3, rejected 1, bytes " +
                                        std::to_string(command.inputs.standard_input.size()) +
                                        "\n");
}

TEST_CASE("the digest of rejected text is keyed for one run") {
    CommandCase command;
    command.inputs.standard_input = "{\"broken\n";
    command.run({"parse"});
    std::string first = command.data.text;
    command.run({"parse"});
    CHECK(first != command.data.text);
}

TEST_CASE("files are read in turn, a missing one is told and the others still read") {
    CommandCase command;
    command.files.files["/logs/a.log"].text = kPlain;
    command.files.files["/logs/b.log"].text = kPlain;
    CHECK(command.run({"parse", "/logs/a.log", "/logs/none.log", "/logs/b.log"}) == ExitCode::kIo);
    CHECK(lines(command.data.text) == 2);
    CHECK(contains(command.data.text, "\"log.file.path\":\"/logs/b.log\""));
    CHECK(contains(command.talk_text.text, "llmtrail: error: opening /logs/none.log"));
    CHECK(contains(command.talk_text.text, "documents 2, records 2"));
    command.files.files["/logs/b.log"].refusal = ErrorCode::kPermission;
    CHECK(command.run({"parse", "/logs/b.log"}) == ExitCode::kPermission);
}

TEST_CASE("an input that is no regular file is an I/O error, with a way out") {
    CommandCase command;
    command.files.files["/logs/fifo"].refusal = ErrorCode::kInvalidArgument;
    CHECK(command.run({"parse", "/logs/fifo"}) == ExitCode::kIo);
    CHECK(contains(command.talk_text.text, "llmtrail: hint: only regular files are opened"));
}

TEST_CASE("--to cef writes events outside any spool") {
    CommandCase command;
    command.inputs.standard_input = std::string(kPlain) + std::string(kPlain);
    CHECK(command.run({"parse", "--to", "cef"}) == ExitCode::kOk);
    CHECK(lines(command.data.text) == 2);
    CHECK(command.data.text.starts_with("CEF:0|llmtrail|agent|"));
    CHECK(contains(command.data.text, "cs6=0:" + std::string(64, '0') + " "));
    CHECK(contains(command.data.text, "cs6=1:" + std::string(64, '0') + " "));
}

TEST_CASE("--as list names the formats, and an unknown one is a usage error") {
    CommandCase command;
    CHECK(command.run({"parse", "--as", "list"}) == ExitCode::kOk);
    CHECK(command.data.text.starts_with("auto\t"));
    CHECK(contains(command.data.text, "\njson\t"));
    CHECK(command.run({"parse", "--as", "jsn"}) == ExitCode::kUsage);
    CHECK(contains(command.talk_text.text, "json"));
    CHECK(contains(command.talk_text.text, "llmtrail: hint: "));
}

TEST_CASE("--config takes the map of the source whose paths match") {
    CommandCase command;
    command.files.files["/e/agent.yaml"].text =
        "sources:\n  - id: one\n    paths: [/one/*.log]\n"
        "  - id: two\n    paths: [/two/*.log]\n    map: {user.id: metadata.employee_id}\n";
    command.files.files["/one/a.log"].text = kPlain;
    command.files.files["/two/a.log"].text = kPlain;
    command.files.files["/three/a.log"].text = kPlain;
    CHECK(command.run({"parse", "--config", "/e/agent.yaml", "/two/a.log"}) == ExitCode::kOk);
    CHECK(contains(command.data.text, "\"user.id\":\"E17\""));
    CHECK(contains(command.data.text, "\"source.id\":\"two\""));
    CHECK(command.run({"parse", "--config", "/e/agent.yaml", "/one/a.log", "/three/a.log"}) ==
          ExitCode::kOk);
    CHECK_FALSE(contains(command.data.text, "\"user.id\":\"E17\""));
    command.files.files["/e/agent.yaml"].text = "nonsense: 1\n";
    CHECK(command.run({"parse", "--config", "/e/agent.yaml", "/one/a.log"}) == ExitCode::kConfig);
}

TEST_CASE("--config takes every form of map that the contract's example has") {
    CommandCase command;
    command.files.files["/e/agent.yaml"].text =
        "sources:\n  - id: one\n    paths: [/one/*.log]\n    map:\n"
        "      user.id: metadata.employee_id\n"
        "      user.roles: metadata.role\n"
        "      device.id: metadata.device\n"
        "      data_sources: metadata.documents\n"
        "      llm.audit.purpose: metadata.reason\n";
    command.files.files["/one/a.log"].text =
        R"({"prompt":"p","response":"r","metadata":{"employee_id":"E17","role":"nurse",)"
        R"("device":"D4","documents":["ward-3","ward-4"],"reason":"handover"}})"
        "\n";
    CHECK(command.run({"parse", "--config", "/e/agent.yaml", "/one/a.log"}) == ExitCode::kOk);
    CAPTURE(command.data.text);
    CHECK(contains(command.data.text, "\"user.id\":\"E17\""));
    CHECK(contains(command.data.text, "\"user.roles\":[\"nurse\"]"));
    CHECK(contains(command.data.text, "\"device.id\":\"D4\""));
    CHECK(contains(command.data.text, "\"llm.audit.purpose\":\"handover\""));
    CHECK(contains(command.data.text, "\"llm.audit.data_sources\":["));
    CHECK(contains(command.data.text, "ward-4"));
}

TEST_CASE("a reader that goes away ends parse without a word") {
    CommandCase command;
    for (int i = 0; i < 10'000; ++i) {
        command.inputs.standard_input += kPlain;
    }
    command.data.room = 70'000;
    CHECK(command.run({"parse"}) == ExitCode::kIo);
    CHECK_FALSE(contains(command.talk_text.text, "error"));
    command.data.refusal = ErrorCode::kIo;
    CHECK(command.run({"parse"}) == ExitCode::kIo);
    CHECK(contains(command.talk_text.text, "llmtrail: error: "));
}

TEST_CASE("nothing that steers a terminal is written to one") {
    for (const char* to : {"record", "cef"}) {
        CommandCase command;
        command.data.terminal = true;
        command.inputs.standard_input =
            "{\"model\":\"a\xc2\x9b"
            "31mb\xe2\x80\xae\",\"user\":\"\\u001b[31m\"}\n\x1b]0;x\x07\n";
        CHECK(command.run({"parse", "--to", to}) == ExitCode::kOk);
        CHECK(lines(command.data.text) == 2);
        for (const char* raw : {"\x1b", "\x07", "\xc2\x9b", "\xe2\x80\xae"}) {
            CHECK_FALSE(contains(command.data.text, raw));
        }
    }
}

TEST_CASE("pieces of one record are joined over all inputs, and what waits is printed at the end") {
    CommandCase command;
    std::string post =
        "{\"batch\":[{\"id\":\"e1\",\"type\":\"generation-create\",\"timestamp\":\"2026-01-01T00:"
        "00:"
        "00Z\",\"body\":{\"id\":\"g1\",\"traceId\":\"t\",\"model\":\"m\",\"input\":\"hi\"}}]}\n";
    std::string update =
        "{\"batch\":[{\"id\":\"e2\",\"type\":\"generation-update\",\"timestamp\":\"2026-01-01T00:"
        "00:"
        "01Z\",\"body\":{\"id\":\"g1\",\"endTime\":\"2026-01-01T00:00:01Z\",\"output\":\"ho\"}}]}"
        "\n";
    command.files.files["/logs/a.log"].text = post + std::string(kPlain);
    command.files.files["/logs/b.log"].text = update;
    CHECK(command.run({"parse", "/logs/a.log", "/logs/b.log"}) == ExitCode::kOk);
    CHECK(lines(command.data.text) == 2);
    CHECK(contains(command.data.text, "\"llm.audit.record.parts\":2"));
    CHECK(contains(command.data.text, "\"llm.audit.prompt.text\":\"hi\""));
    CHECK(contains(command.data.text, "\"llm.audit.response.text\":\"ho\""));
    CHECK(contains(command.talk_text.text, "documents 3, records 2, rejected 0"));
    CHECK(command.run({"parse", "/logs/a.log"}) == ExitCode::kOk);
    CHECK(lines(command.data.text) == 2);
    CHECK(contains(command.data.text, "\"llm.audit.record.state\":\"partial\""));
}

TEST_CASE("chunks of API Management's messages are joined in their order, cut anywhere") {
    auto entry = [](int order, std::string_view side, std::string_view messages) {
        std::string line = R"({"category":"GatewayLlmLogs","correlationId":"c-1","operationName":)"
                           R"("Microsoft.ApiManagement/GatewayLlmLogs","resourceId":)"
                           R"("/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/A",)"
                           R"("time":"2026-07-01T10:00:00Z","properties":{"sequenceNumber":)";
        line += std::to_string(order);
        return line.append(",\"").append(side).append("\":").append(messages).append("}}\n");
    };
    CommandCase command;
    command.files.files["/logs/a.log"].text =
        entry(2, "requestMessages", R"([{"role":"user","content":"p2 "}])") +
        entry(1, "requestMessages", R"([{"role":"user","content":"p1 "}])") +
        entry(3, "requestMessages", R"([{"role":"user","content":"p10 "}])") +
        entry(4, "responseMessages", R"("[{\"role\":\"assistant\",\"content\":\"abab")") +
        entry(6, "responseMessages", R"("ef\"}]")") + entry(5, "responseMessages", R"("cdcd")");
    CHECK(command.run({"parse", "/logs/a.log"}) == ExitCode::kOk);
    CHECK(lines(command.data.text) == 1);
    CHECK(contains(command.data.text, R"("llm.audit.record.parts":6)"));
    CHECK(contains(command.data.text, R"("llm.audit.prompt.text":"p1 p2 p10 ")"));
    CHECK(contains(command.data.text, R"("llm.audit.response.text":"ababcdcdef")"));
    CHECK(contains(command.data.text,
                   R"([{"role":"assistant","parts":[{"type":"text","content":"ababcdcdef"}]}])"));
}

TEST_CASE("--coverage says of each format which values became fields and which did not") {
    CommandCase command;
    const std::string asked =
        R"({"prompt":"what is it","response":"that","model":"m-1","flag":true,"none":null,)"
        R"("extra":{"colour":"green","list":[7,"eight"]}})"
        "\n";
    const std::string again = R"({"prompt":"and then","response":"this","extra":{"colour":"red"}})"
                              "\n";
    command.inputs.standard_input = asked + again + "no JSON at all\n";
    CHECK(command.run({"parse", "--coverage"}) == ExitCode::kOk);
    const std::string& report = command.data.text;
    CAPTURE(report);
    CHECK(contains(report,
                   "json: documents 2, records 2, values 9, in fields 5 (55.6 %), "
                   "unmapped 4 (44.4 %), elsewhere 0 (0.0 %)\n"
                   "  unmapped 2 extra.colour\n"
                   "  unmapped 2 extra.list[]\n"));
    CHECK_FALSE(contains(report, "green"));
    CHECK(contains(command.talk_text.text, "documents 3, records 3, rejected 1, bytes "));
    CHECK(command.run({"parse", "--coverage", "--to", "cef"}) == ExitCode::kUsage);
}

TEST_CASE("--coverage enters JSON inside texts, and paths steer no terminal") {
    CommandCase command;
    command.inputs.standard_input =
        R"({"prompt":"p","response":"r","extra":"{\"inner\": {\"deep\": \"value\"}}",)"
        R"("bad\u001b[31m\n":"x-1"})"
        "\n";
    CHECK(command.run({"parse", "--coverage"}) == ExitCode::kOk);
    CAPTURE(command.data.text);
    CHECK(contains(command.data.text, " 1 extra{}.inner.deep\n"));
    CHECK(contains(command.data.text, " 1 bad\\x1b[31m\\x0a\n"));
    CHECK_FALSE(contains(command.data.text, "\x1b"));
}
