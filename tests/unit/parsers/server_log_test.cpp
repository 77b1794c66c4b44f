#include <doctest/doctest.h>

#include <chrono>
#include <random>

#include "document_variants.h"
#include "parsers/server_log_lines.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

constexpr std::string_view kLines[] = {
    "INFO 02-13 11:33:33 [logger.py:49] Received request chatcmpl-1: params: SamplingParams(n=1)",
    "(APIServer pid=90458) INFO:     10.80.23.18:51408 - \"POST /v1/chat/completions HTTP/1.1\" "
    "200 OK",
    "[GIN] 2026/01/20 - 23:15:37 | 200 | 32.779561288s |       127.0.0.1 | POST     "
    "\"/api/generate\"",
    "Jan  8 11:28:46 gpu-1 ollama[270115]: [GIN] 2025/01/08 - 11:28:46 | 200 |  3.738662321s |  "
    "10.0.0.1 | POST     \"/v1/chat/completions\"",
    "time=2024-08-19T14:09:56.520+08:00 level=INFO source=images.go:782 msg=\"total blobs: 0\"",
    "srv  log_server_r: request: POST /v1/chat/completions 127.0.0.1 200",
    "2026-01-02T03:04:05.123456Z  INFO generate{total_time=\"1.2s\"}: "
    "text_generation_router::server: router/src/server.rs:402: Success",
};

std::string only_record(std::string_view text, std::string_view format = "auto") {
    auto records = read_records(text, format);
    REQUIRE(records.size() == 1);
    return records.front();
}

}  // namespace

TEST_CASE("Durations are read as servers write them") {
    struct Row {
        std::string_view text;
        std::optional<int64_t> nanos;
    };

    const Row table[] = {
        {"1.5s", 1'500'000'000},       {"56ms", 56'000'000},   {"163.25\xC2\xB5s", 163'250},
        {"414\xCE\xBCs", 414'000},     {"10ns", 10},           {"29m59s", 1'799'000'000'000},
        {"1h2m3s", 3'723'000'000'000}, {"", std::nullopt},     {"5", std::nullopt},
        {"s", std::nullopt},           {"1.5", std::nullopt},  {"1x", std::nullopt},
        {"-1s", std::nullopt},         {"1e9s", std::nullopt}, {"99999999999999h", std::nullopt},
        {"1s1s1s1s1s", std::nullopt},
    };
    for (const Row& row : table) {
        CAPTURE(row.text);
        CHECK(read_duration(row.text) == row.nanos);
    }
}

TEST_CASE("A stamp without a year takes the year that puts it just before the reading") {
    auto time_of = [](std::string_view stamp) {
        std::string text = "INFO ";
        text.append(stamp).append(" [logger.py:49] Added request r-1.");
        ServerLogLine line;
        REQUIRE(read_server_line(text, kTestObserved, line));  // 2026-01-02T03:04:05
        return line.time;
    };
    CHECK(time_of("01-02 03:04:05") == "2026-01-02T03:04:05");
    CHECK(time_of("01-03 01:00:00") == "2026-01-03T01:00:00");  // a zone ahead
    CHECK(time_of("12-31 23:59:58") == "2025-12-31T23:59:58");
    CHECK(time_of("02-13 11:33:33") == "2025-02-13T11:33:33");
}

TEST_CASE("Lines of known shapes are read with format auto, and each cut of them never fails") {
    for (std::string_view text : kLines) {
        CAPTURE(text);
        std::string record = only_record(text);
        CHECK(holds(record, R"("event.provider":"server_log")"));
        for (size_t size = 1; size <= text.size(); ++size) {
            REQUIRE(read_records(text.substr(0, size)).size() == 1);
            REQUIRE(read_records(text.substr(0, size), "server_log").size() == 1);
        }
    }
}

TEST_CASE("A call's line says who called and that what was said is missing") {
    std::string record = only_record(kLines[2]);
    CHECK(holds(record, R"("event.kind":"inference")"));
    CHECK(holds(record, R"("event.time":"2026-01-20T23:15:37.000000000Z")"));
    CHECK(holds(record, R"("event.time.precision":"s")"));
    CHECK(holds(record, R"("event.time.zone":"assumed_utc")"));
    CHECK(holds(record, R"("event.duration":32779561288)"));
    CHECK(holds(record, R"("client.ip":"127.0.0.1")"));
    CHECK(holds(record, R"("llm.audit.record.state":"partial")"));
    CHECK(holds(record, R"("llm.audit.record.source_loss":["content_not_logged"])"));
}

TEST_CASE("Lines without a shape are rejected in auto and kept when the format is configured") {
    for (std::string_view text : {"started ok", "Traceback (most recent call last):", "12 files",
                                  "INFO 02-13 11:33:33 no file", "srv", "[GIN", "time=x level=y"}) {
        CAPTURE(text);
        std::string rejected = only_record(text);
        CHECK(holds(rejected, R"("event.kind":"rejected")"));
        CHECK(holds(rejected, R"("event.provider":"auto")"));
        CHECK(holds(rejected, "not JSON: "));
        bool bracketed = text.starts_with('[');
        std::string kept = only_record(text, "server_log");
        CHECK(holds(kept, bracketed ? R"("event.kind":"rejected")" : R"("event.kind":"other")"));
    }
    CHECK(holds(only_record("17", "server_log"), R"("event.kind":"other")"));
    CHECK(holds(only_record("17"), "not an object: a number"));
}

TEST_CASE("Dumps of other languages are rejected, whatever the format") {
    for (std::string_view format : {"auto", "server_log", "json", "openwebui"}) {
        for (std::string_view text :
             {"{'id': 'x', 'user': None}", "['a', None]", "{\"a\":1", "{prompt: \"x\"}", "[1,"}) {
            CAPTURE(text);
            std::string record = only_record(text, format);
            CHECK(holds(record, R"("event.kind":"rejected")"));
            CHECK(holds(record, "not JSON: "));
        }
    }
}

TEST_CASE("A line with invalid UTF-8 and colors gives a record that is JSON and says so") {
    std::string text = "\x1B[32mINFO\x1B[0m:     127.0.0.1:5 - \"POST /v1/x\xFF HTTP/1.1\" 200 OK";
    std::string record = only_record(text);
    CHECK(holds(record, R"("llm.audit.record.flags":["invalid_utf8"])"));
    CHECK(holds(record, "/v1/x\xEF\xBF\xBD"));
    CHECK(holds(only_record("\x1B[", "server_log"), R"("event.kind":"other")"));
    CHECK(holds(only_record("\xFF\xFE", "server_log"), "invalid_utf8"));
}

TEST_CASE("A secret in a query is not kept") {
    std::string record = only_record(
        "INFO:     127.0.0.1:5 - \"POST /v1/completions?api_key=S3CRET&x=2 HTTP/1.1\" 200 OK");
    CHECK_FALSE(holds(record, "S3CRET"));
    CHECK(holds(record, "x=2"));
    CHECK(holds(record, R"("url.path":"/v1/completions")"));
}

TEST_CASE("Lines inside journald's and Docker's JSON are read, others only when configured") {
    constexpr std::string_view kKnown =
        R"({"log":"srv  log_server_r: request: POST /completion 127.0.0.1 200\n","stream":"stdout","time":"2026-01-02T03:04:05.123456789Z"})";
    constexpr std::string_view kUnknown =
        R"({"log":"hello\n","stream":"stdout","time":"2026-01-02T03:04:05.123456789Z"})";
    std::string record = only_record(kKnown);
    CHECK(holds(record, R"("event.provider":"server_log")"));
    CHECK(holds(record, R"("event.time":"2026-01-02T03:04:05.123456789Z")"));
    CHECK(holds(record, R"("event.time.precision":"ns")"));
    CHECK(holds(only_record(kUnknown), R"("event.provider":"json")"));
    CHECK(holds(only_record(kUnknown, "server_log"), R"("event.kind":"other")"));
    size_t variants = for_each_odd_variant(kKnown, [](std::string_view text) {
        REQUIRE(read_records(text, "server_log").size() == 1);
    });
    CHECK(variants == 36);
}

TEST_CASE("A long line is read once, and a line cut by the limit is rejected with what it says") {
    std::string text(kLines[0]);
    text.append(1 << 20, 'x');
    auto started = std::chrono::steady_clock::now();
    CHECK(holds(only_record(text), R"("http.request.id":"chatcmpl-1")"));
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(5));
    auto reader = DocumentReader::make("server_log", {}, 0);
    REQUIRE(reader);
    RecordList list(kTestObserved);
    DocumentReader::Document document;
    document.bytes = kLines[0];
    document.truncated = true;
    document.full_size_bytes = 5000;
    document.observed = kTestObserved;
    (*reader)->read(document, list);
    REQUIRE(list.records.size() == 1);
    CHECK(holds(list.records[0], R"("event.kind":"rejected")"));
    CHECK(holds(list.records[0], R"("http.request.id":"chatcmpl-1")"));
    CHECK(holds(list.records[0], "truncated: the document has 5000 bytes"));
}

TEST_CASE("Changed lines never fail") {
    std::mt19937_64 random(20260102);
    for (int i = 0; i < 5'000; ++i) {
        std::string text(kLines[random() % std::size(kLines)]);
        for (int change = 0; change < 3; ++change) {
            size_t at = random() % text.size();
            random() % 2 == 0 ? void(text[at] = static_cast<char>(random()))
                              : void(text.erase(at, 1));
        }
        REQUIRE(read_records(text, "server_log").size() == 1);
    }
}

TEST_CASE("No value of a wrapped or JSON line is lost") {
    auto read = [](std::string_view text) { return read_records(text, "server_log"); };
    CHECK(lost_leaves(
              R"({"MESSAGE":"hello","__REALTIME_TIMESTAMP":"1767323045123456","__CURSOR":"c",)"
              R"("_HOSTNAME":"h","SYSLOG_IDENTIFIER":"s","x":{"y":"z"}})",
              read) == "");
    CHECK(
        lost_leaves(
            R"({"timestamp":"2026-01-02T03:04:05.1Z","level":"INFO","message":"m","filename":"f",)"
            R"("target":"text_generation_router","span":{"name":"n","total_time":"1s","x":"y"}})",
            read) == "target");  // by which it is known
    CHECK(lost_leaves(
              R"({"tid":"1","level":"INFO","function":"f","msg":"m","path":"/p","method":"POST",)"
              R"("remote_addr":"a","timestamp":1767323045})",
              read) == "");
}

TEST_CASE("A journal line written as bytes is read as its text") {
    auto journal = [](std::string_view message) {
        std::string text = R"({"__CURSOR":"s","__REALTIME_TIMESTAMP":"1767323045123456",)";
        return text.append("\"MESSAGE\":").append(message).append("}");
    };
    std::string colored = "[27,91,51,50,109";  // green
    for (char c : kLines[5]) {
        colored.append(",").append(std::to_string(static_cast<int>(c)));
    }
    std::string record = only_record(journal(colored + ",27,91,48,109]"));
    CHECK(holds(record, R"("url.path":"/v1/chat/completions")"));
    CHECK(holds(record, R"("event.kind":"inference")"));
    CHECK_FALSE(holds(record, "MESSAGE"));
    std::string broken = only_record(journal("[104,105,255]"), "server_log");
    CHECK(holds(broken, "\"message\":\"hi\xEF\xBF\xBD\""));
    CHECK(holds(broken, R"("llm.audit.record.flags":["invalid_utf8"])"));
    for (std::string_view none : {"[104,256]", "[104,-1]", "[[104]]", "[\"a\"]", "[1.5]"}) {
        CAPTURE(none);
        CHECK(holds(only_record(journal(none), "server_log"), R"("MESSAGE.0)"));
    }
}

TEST_CASE("A request that vLLM received is a call, of which its prompt at most is known") {
    std::string bare = only_record(kLines[0]);
    CHECK(holds(bare, R"("event.kind":"inference")"));
    CHECK(holds(bare, R"("llm.audit.record.state":"partial")"));
    CHECK(holds(bare, "content_not_logged"));
    std::string told = only_record(
        "INFO 01-02 03:04:05 [logger.py:49] Received request cmpl-7: prompt: 'Say \\'yes\\'.', "
        "params: SamplingParams(n=1)");
    CHECK(holds(told, R"("llm.audit.prompt.text":"Say 'yes'.")"));
    CHECK(holds(told, "Received request cmpl-7: prompt: , params: SamplingParams(n=1)\""));
    CHECK(holds(told, R"("llm.audit.record.state":"partial")"));
    CHECK_FALSE(holds(told, "content_not_logged"));
    std::string cut =
        only_record("INFO 01-02 03:04:05 [logger.py:49] Received request cmpl-7: prompt: 'Say yes");
    CHECK(holds(cut, "prompt: 'Say yes"));
    CHECK(holds(cut, "content_not_logged"));
}
