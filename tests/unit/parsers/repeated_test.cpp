// What a document costs grows with its length and no faster: what it says once of many records, and
// lists in which each element is compared with those before it.
#include "parsers/repeated.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "base/json_text.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

constexpr size_t kManyMembers = 2000;
constexpr size_t kManyRecords = 1000;

std::string repeated(size_t count, const std::function<std::string(size_t)>& item) {
    std::string out;
    for (size_t i = 0; i < count; ++i) {
        out += (i == 0 ? "" : ",") + item(i);
    }
    return out;
}

std::string same(size_t count, const std::string& item) {
    return repeated(count, [&](size_t) { return item; });
}

std::string strange_members(size_t count) {
    return repeated(count, [](size_t i) {
        return "\"k" + std::to_string(i) + "\":\"value " + std::to_string(i) + "\"";
    });
}

std::string attributes(size_t count) {
    return repeated(count, [](size_t i) {
        return R"({"key":"r.k)" + std::to_string(i) + R"(","value":{"stringValue":"value"}})";
    });
}

std::string spans(const std::string& resource_attributes, const std::string& spans) {
    return R"({"resourceSpans":[{"resource":{"attributes":[)" + resource_attributes +
           R"(]},"scopeSpans":[{"scope":{"name":"s"},"spans":[)" + spans + "]}]}]}";
}

// Small records beside something large, as the parsers of batches know it.
struct Batch {
    std::string_view format;
    std::string document;
    std::string_view last;  // name of the last of what stands beside the records
};

std::vector<Batch> lopsided_batches() {
    std::string members = strange_members(kManyMembers);
    return {
        {"otlp", spans(attributes(kManyMembers), same(kManyRecords, R"({"name":"a"})")), "r.k1999"},
        {"langfuse",
         R"({"batch":[)" +
             same(kManyRecords, R"({"id":"e","type":"sdk-log","timestamp":"","body":{}})") +
             R"(],"metadata":{)" + members + "}}",
         "k1999"},
        {"langsmith",
         R"({"path":"/runs/batch","body":{"post":[)" +
             same(kManyRecords, R"({"id":"r","trace_id":"t"})") + R"(],"patch":[]},)" + members +
             "}",
         "k1999"},
        {"bedrock",
         R"({"logEvents":[{"message":"{\"schemaType\":\"ModelInvocationLog\",\"schemaVersion\":)"
         R"(\"1.0\",\"modelId\":\"m\",\"input\":{},\"timestamp\":\"2026-01-01T00:00:00Z\"}"},)" +
             same(kManyRecords, R"({"message":"x"})") + "]," + members + "}",
         "k1999"},
    };
}

size_t bytes_of(const std::vector<std::string>& records) {
    size_t bytes = 0;
    for (const std::string& record : records) {
        bytes += record.size();
    }
    return bytes;
}

}  // namespace

TEST_CASE("Much that stands beside many small records does not multiply") {
    for (const Batch& batch : lopsided_batches()) {
        CAPTURE(batch.format);
        auto records = read_records(batch.document, batch.format);
        REQUIRE(records.size() >= kManyRecords);
        CHECK(holds(records.front(), batch.last));
        CHECK_FALSE(holds(records.front(), "unmapped_truncated"));
        CHECK_FALSE(holds(records.back(), batch.last));
        CHECK(holds(records.back(), "unmapped_truncated"));
        // Each record says some hundred bytes of its own, times, ids and kind.
        constexpr size_t kOwnBytes = 600;
        CHECK(bytes_of(records) < 32 * batch.document.size() + kOwnBytes * records.size());
    }
}

TEST_CASE("Records of an ordinary size all have what stands beside them") {
    std::string span =
        R"({"name":"chat","attributes":[)" + attributes(15) + R"(],"spanId":"eee19b7ec3c1b174"})";
    auto records = read_records(spans(attributes(80), same(300, span)), "otlp");
    REQUIRE(records.size() == 300);
    for (const std::string& record : records) {
        CHECK(holds(record, "resource.r.k79"));
        CHECK_FALSE(holds(record, "unmapped_truncated"));
    }
}

TEST_CASE("The budget gives the first record all, and others what records have earned") {
    JsonTree tree;
    std::string text = "{\"part\":[" + same(20000, "\"12345678\"") + "],\"record\":{\"a\":1}}";
    auto read = tree.read(text, false);
    REQUIRE(read);
    JsonValue list = (*read)["part"];
    CHECK(length_of(list) >= 20000 * 8);
    RepeatBudget budget;
    RepeatedPart part{list, length_of(list)};
    Unmapped unmapped;
    CHECK(budget.takes(part, unmapped));
    CHECK_FALSE(budget.takes(part, unmapped));
    budget.earn((*read)["record"]);
    CHECK_FALSE(budget.takes(part, unmapped));
    budget.earn(list);
    CHECK(budget.takes(part, unmapped));
    AuditRecord record;
    unmapped.store(record);
    CHECK(record.text(Field::kRecordFlags) == R"(["unmapped_truncated"])");
}

TEST_CASE("A name that is too long to be one stands in one record of a document alone") {
    std::string name(size_t{60} << 10, 'u');
    std::string messages = same(kManyRecords, R"({"messageId":"m","text":"a"})");
    auto chat = read_records(
        R"({"conversationId":"c","user":")" + name + R"(","messages":[)" + messages + "]}",
        "librechat");
    auto trace = read_records(R"({"trace":{"id":"t","userId":")" + name +
                                  R"(","timestamp":"2026-01-01T00:00:00Z"},"observations":[)" +
                                  same(kManyRecords, R"({"id":"o","type":"SPAN"})") + "]}",
                              "langfuse");
    for (const auto& records : {chat, trace}) {
        REQUIRE(records.size() >= kManyRecords);
        CHECK(holds(records.front(), name));
        CHECK_FALSE(holds(records.back(), name));
    }
}

TEST_CASE("Of thousands of counters the first are in the details, the others kept apart") {
    std::string counters = repeated(
        5000, [](size_t i) { return "\"c" + std::to_string(i) + "\":" + std::to_string(i); });
    std::string answer = R"({"type":"message","role":"assistant","stop_reason":"end_turn",)"
                         R"("content":[{"type":"text","text":"a"}],"usage":{)" +
                         counters + "}}";
    auto records = read_records(answer, "body");
    REQUIRE(records.size() == 1);
    JsonTree tree;
    auto record = tree.read(records[0], false);
    REQUIRE(record);
    JsonValue details = (*record)["llm.audit.usage.details"];
    CHECK(details["c0"].integer() == 0);
    CHECK(details.json().size() <= 4096);
    CHECK((*record)["llm.audit.unmapped"]["usage.c4999"].integer() == 4999);
}

TEST_CASE("Of thousands of parameters the first are compared, the others kept apart") {
    std::string run = R"({"id":"r","run_type":"llm","start_time":"2026-04-01T00:00:00Z",)"
                      R"("trace_id":"t","extra":{"invocation_params":{)" +
                      strange_members(5000) + "}}}";
    auto records = read_records(run, "langsmith");
    REQUIRE(records.size() == 1);
    JsonTree tree;
    auto record = tree.read(records[0], false);
    REQUIRE(record);
    JsonValue parameters = (*record)["llm.audit.request.parameters"];
    CHECK(parameters["k0"].text() == "value 0");
    CHECK(parameters.size() == 64);
    CHECK((*record)["llm.audit.unmapped"]["extra.invocation_params.k64"].text() == "value 64");
}

TEST_CASE("A scope named many times over has its first name and version") {
    std::string scope = same(1000, R"("name":"n","version":"1")");
    auto records = read_records(R"({"resourceSpans":[{"scopeSpans":[{"scope":{)" + scope +
                                    R"(},"spans":[{"name":"a"}]}]}]})",
                                "otlp");
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("event.dataset":"n@1")"));
}
