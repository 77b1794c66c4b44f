#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/json_text.h"
#include "json_tree/json_tree.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

std::string entry(std::string_view ai) {
    return R"({"started_at":1770110100123,"latencies":{"request":5},"request":{"uri":"/chat"},"ai":)" +
           std::string(ai) + "}";
}

}  // namespace

TEST_CASE("Each plugin that called a model gives a record, with who asked") {
    auto records = read_records(
        R"({"started_at":1770110100123,"latencies":{"request":5},"request":{},"consumer":{"username":"alex"},)"
        R"("ai":{"a":{"meta":{"request_model":"m1"}},"b":{"meta":{"request_model":"m2"}}}})");
    REQUIRE(records.size() == 2);
    for (const std::string& record : records) {
        CHECK(record.find(R"("user.name":"alex")") != std::string::npos);
        CHECK(record.find(R"("event.kind":"inference")") != std::string::npos);
    }
    CHECK(records[1].find(R"("gen_ai.request.model":"m2")") != std::string::npos);
}

TEST_CASE("A payload that was cut keeps the text that came and says that it was cut") {
    auto records = read_records(entry(
        R"({"proxy":{"payload":{"request":"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"half of a sen"}}})"));
    CHECK(holds(records, R"("llm.audit.prompt.text":"half of a sen")"));
    CHECK(holds(records, R"("llm.audit.prompt.truncated":true)"));
    CHECK(holds(records, R"("llm.audit.record.source_loss":["truncated"])"));
}

TEST_CASE("A payload that is no JSON is the text that was sent") {
    auto records = read_records(
        entry(R"({"proxy":{"payload":{"request":"plain words","response":"{'python': None}"}}})"));
    CHECK(holds(records, R"("llm.audit.prompt.text":"plain words")"));
    CHECK(holds(records, R"("llm.audit.response.text":"{'python': None}")"));
    CHECK(holds(records, "body_not_json"));
}

TEST_CASE("Keys in the address and in headers are not stored") {
    auto records = read_records(
        R"({"started_at":1770110100123,"latencies":{},"request":{"uri":"/c?apikey=SECRETVALUE",)"
        R"("url":"https://u:SECRETVALUE@h/c?key=SECRETVALUE","querystring":{"apikey":"SECRETVALUE"},)"
        R"("headers":{"x-api-key":"SECRETVALUE","authorization":"Bearer SECRETVALUE"}}})");
    CHECK_FALSE(holds(records, "SECRETVALUE"));
    CHECK(holds(records, R"("url.path":"/c")"));
}

TEST_CASE("Of ten thousand calls in one entry the first give records, the rest is kept") {
    std::string plugins = "{";
    std::string calls = R"({"mcp":{"rpc":[)";
    for (int i = 0; i < 10000; ++i) {
        plugins += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + R"(":{"x":1})";
        calls += i == 0 ? "" : ",";
        calls += R"({"method":"tools/call"})";
    }
    CHECK(read_records(entry(plugins + "}")).size() == 1);
    auto records = read_records(entry(calls + "]}}"));
    CHECK(records.size() == 64);
    CHECK(holds(records, R"("ai.mcp.rpc.64.method":"tools/call")"));
}

TEST_CASE("Payloads may be cut at any byte: what came is read, and every record is sound") {
    const std::string request =
        R"({"contents":[{"role":"user","parts":[{"text":"A \u00e9\ud83d\ude00 caf\u00e9"}]}],"generationConfig":{"seed":7}})";
    const std::string response =
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Once\"}]}}]}\n\n"
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\" "
        "more\"}]},\"finishReason\":\"STOP\"}]}\n\n";
    auto quoted = [](std::string_view text) {
        std::string out;
        append_json_string(out, text);
        return out;
    };
    JsonTree check;
    for (size_t size = 0; size <= std::max(request.size(), response.size()); ++size) {
        CAPTURE(size);
        auto records = read_records(entry(R"({"proxy":{"payload":{"request":)" +
                                          quoted(request.substr(0, size)) + R"(,"response":)" +
                                          quoted(response.substr(0, size)) + "}}}"));
        REQUIRE(records.size() == 1);
        REQUIRE(check.read(records[0], false));
        bool whole = size >= request.size();
        CHECK(holds(records, R"("llm.audit.prompt.truncated":true)") == (size > 0 && !whole));
        CHECK(holds(records, R"("gen_ai.request.seed":7)") >= whole);
    }
}
