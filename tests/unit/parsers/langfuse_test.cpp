#include <doctest/doctest.h>

#include "json_tree/json_tree.h"
#include "piece_list.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

std::string event(std::string_view type, std::string_view body) {
    return R"({"id":"e","type":")" + std::string(type) +
           R"(","timestamp":"2026-03-01T00:00:00Z","body":)" + std::string(body) + "}";
}

std::string batch(const std::vector<std::string>& events) {
    std::string out = R"({"batch":[)";
    for (const std::string& one : events) {
        out += (out.back() == '[' ? "" : ",") + one;
    }
    return out + "]}";
}

std::string observation(std::string_view members) {
    return R"({"id":"o1","traceId":"t1","type":"GENERATION","startTime":"2026-03-01T00:00:00.000Z")" +
           std::string(members) + "}";
}

}  // namespace

TEST_CASE("Create and update of one observation are pieces of one record, the update above") {
    PieceList list = pieces_of(batch({
        event("generation-update", R"({"id":"g1","output":"b"})"),
        event("generation-create", R"({"id":"g1","input":"a"})"),
        event("trace-create", R"({"id":"t1","input":"a"})"),
        event("score-create", R"({"id":"s1","traceId":"t1","name":"n","value":1})"),
        event("sdk-log", R"({"log":"x"})"),
    }));
    REQUIRE(list.pieces.size() == 3);
    CHECK(list.pieces[0].key == "langfuse:observation:g1");
    CHECK(list.pieces[1].key == "langfuse:observation:g1");
    CHECK(list.pieces[0].rank > list.pieces[1].rank);
    CHECK(list.pieces[2].key == "langfuse:trace:t1");
    CHECK_FALSE(list.pieces[0].last);
    CHECK(list.whole == 2);
}

TEST_CASE("An exported observation is a whole record") {
    PieceList list = pieces_of(observation(""));
    REQUIRE(list.pieces.size() == 1);
    CHECK(list.pieces[0].key == "langfuse:observation:o1");
    CHECK(list.pieces[0].last);
}

TEST_CASE("Objects that only look like Langfuse's are not its") {
    for (std::string_view text : {
             R"({"batch":[]})",
             R"({"batch":[{"type":"other","body":{}}]})",
             R"({"batch":[{"type":"trace-create"}]})",
             R"({"batch":"trace-create"})",
             R"({"trace":{"id":"t"},"observations":{}})",
             R"({"id":"a","type":"GENERATION","traceId":"t"})",
             R"({"id":"a","type":"generation","traceId":"t","startTime":"x"})",
             R"({"name":"n","source":"API","traceId":"t"})",
             R"({"resourceType":"prompt","resourceId":"p","action":"update"})",
             R"({"path":"/api/public/ingestion","body":"{}"})",
             R"({"data":[{"id":"a"}],"meta":{}})",
         }) {
        CAPTURE(text);
        auto records = read_records(text);
        for (const std::string& record : records) {
            CHECK_FALSE(holds(record, R"("event.provider":"langfuse")"));
        }
    }
}

TEST_CASE("Wrong types everywhere lose nothing and stop nothing") {
    const std::string_view values[] = {
        "1", "-1.5", "true", "null", R"("text")", "[]", R"([1,"a",{}])", "{}", R"({"a":{"b":1}})"};
    const std::string_view members[] = {"type",
                                        "name",
                                        "startTime",
                                        "endTime",
                                        "completionStartTime",
                                        "latency",
                                        "model",
                                        "input",
                                        "output",
                                        "metadata",
                                        "usage",
                                        "usageDetails",
                                        "costDetails",
                                        "totalCost",
                                        "level",
                                        "tags",
                                        "modelParameters",
                                        "timeToFirstToken",
                                        "statusMessage",
                                        "toolCallNames"};
    for (std::string_view member : members) {
        for (std::string_view value : values) {
            CAPTURE(member);
            CAPTURE(value);
            std::string body = R"({"id":"g","traceId":"t",")" + std::string(member) + R"(":)" +
                               std::string(value) + "}";
            auto records = read_records(batch({event("generation-create", body)}));
            REQUIRE(records.size() == 1);
            bool carries = value.find_first_of("1abt") != std::string_view::npos && value != "null";
            bool kept = holds(records[0], "batch.0.body." + std::string(member));
            bool filled = holds(records[0], "gen_ai.") || holds(records[0], "llm.audit.tags") ||
                          holds(records[0], "event.end") || holds(records[0], "event.duration") ||
                          holds(records[0], "llm.audit.usage") ||
                          holds(records[0], "event.action") || holds(records[0], "error.message") ||
                          holds(records[0], "event.time\":");
            CHECK((!carries || kept || filled));
        }
    }
    for (std::string_view value : values) {
        std::string whole = R"({"trace":{"id":"t","scores":)" + std::string(value) +
                            R"(,"corrections":)" + std::string(value) + R"(,"observations":)" +
                            std::string(value) + R"(},"observations":[)" + std::string(value) +
                            "]}";
        CAPTURE(whole);
        CHECK_FALSE(read_records(whole).empty());
    }
}

TEST_CASE("A JSON text that was cut stays the text it is") {
    auto records =
        read_records(observation(R"(,"input":"{\"messages\":[{\"role\":\"us","output":"[1,")"));
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("llm.audit.prompt.text":"{\"messages\":[{\"role\":\"us")"));
    CHECK(holds(records[0], R"("llm.audit.response.text":"[1,")"));
}

TEST_CASE("A text in quotes is unquoted where the export quotes, not where a person typed them") {
    auto exported = read_records(
        R"({"trace":{"id":"t","input":"\"hello\"","timestamp":"2026-03-01T00:00:00Z"},"observations":[]})");
    REQUIRE(exported.size() == 1);
    CHECK(holds(exported[0], R"("llm.audit.prompt.text":"hello")"));
    auto ingested =
        read_records(batch({event("trace-create", R"({"id":"t","input":"\"hello\""})")}));
    REQUIRE(ingested.size() == 1);
    CHECK(holds(ingested[0], R"("llm.audit.prompt.text":"\"hello\"")"));
}

TEST_CASE("Stamps of a blob export are UTC, whatever the source's time zone") {
    auto records = read_records(
        R"({"id":"o1","trace_id":"t1","type":"SPAN","start_time":"2026-03-01 10:00:00.000000"})",
        "auto", {}, 7200);
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("event.time":"2026-03-01T10:00:00.000000000Z")"));
    CHECK(holds(records[0], R"("event.time.zone":"assumed_utc")"));
}

TEST_CASE("Latency is in seconds, and a negative or absurd one is kept aside") {
    CHECK(holds(read_records(observation(R"(,"latency":0.848)"))[0],
                R"("event.duration":848000000)"));
    for (std::string_view value : {"-0.5", "1e300", "\"long\""}) {
        CAPTURE(value);
        auto records = read_records(observation(R"(,"latency":)" + std::string(value)));
        CHECK_FALSE(holds(records[0], "event.duration"));
        CHECK(holds(records[0], R"("latency":)"));
    }
}

TEST_CASE("Ten thousand events are ten thousand pieces") {
    constexpr size_t kEvents = 10'000;
    std::vector<std::string> events(kEvents, event("span-create", R"({"id":"o","name":"n"})"));
    CHECK(pieces_of(batch(events)).pieces.size() == kEvents);
}

TEST_CASE("An export whose observations share one id is compared in the time of its length") {
    constexpr size_t kSame = 20'000;
    std::string list = "[";
    for (size_t i = 0; i < kSame; ++i) {
        list += i > 0 ? "," : "";
        list += R"({"id":"o","metadata":{"a":)" + std::to_string(i) + "}}";
    }
    list += "]";
    std::string text = R"({"trace":{"id":"t","observations":)" + list +
                       R"(},"observations":[{"id":"o","metadata":")" +
                       std::string(size_t{1} << 20, 'x') + R"("}]})";
    CHECK(read_records(text).size() == 2);
}

TEST_CASE("A secret in metadata is not stored") {
    auto records = read_records(observation(
        R"(,"metadata":"{\"api_key\":\"sk-hush\",\"attributes\":{\"http.request.header.authorization\":\"Bearer hush\"}}")"));
    REQUIRE(records.size() == 1);
    CHECK_FALSE(holds(records[0], "hush"));
}

TEST_CASE("What a trace says of its user is said of its observations in the same batch") {
    auto records = read_records(batch({
        event("trace-create", R"({"id":"t","output":"x"})"),
        event("generation-create", R"({"id":"g","traceId":"t","input":"a"})"),
        event("trace-create",
              R"({"id":"t","userId":"u-104","metadata":{"role":"analyst","ip":"203.0.113.7"}})"),
        event("generation-create", R"({"id":"h","traceId":"other","input":"a"})"),
    }));
    REQUIRE(records.size() == 4);
    for (std::string_view fact :
         {R"("user.id":"u-104")", R"("user.roles":["analyst"])", R"("client.ip":"203.0.113.7")"}) {
        CAPTURE(fact);
        CHECK(holds(records[1], fact));
        CHECK_FALSE(holds(records[3], fact));
    }
}

TEST_CASE("Deep and long content is read in the time of its length") {
    constexpr size_t kDeep = 100;
    constexpr size_t kMessages = 20'000;
    std::string deep = "\"end\"";
    for (size_t i = 0; i < kDeep; ++i) {
        deep = R"({"input":)" + deep + "}";
    }
    auto nested = read_records(observation(R"(,"input":)" + deep));
    REQUIRE(nested.size() == 1);
    CHECK(holds(nested[0], R"("llm.audit.prompt.text":"end")"));
    std::string list = "[";
    std::string calls = "[";
    for (size_t i = 0; i < kMessages; ++i) {
        list += i > 0 ? "," : "";
        list += R"({"type":"human","content":"a"})";
        calls += i > 0 ? "," : "";
        calls += R"({"type":"tool_use","id":"c","name":"n","input":{}})";
    }
    list += "]";
    calls += "]";
    auto records =
        read_records(observation(R"(,"input":)" + list + R"(,"output":{"type":"ai","content":)" +
                                 calls + R"(,"tool_calls":)" + calls + "}"));
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], "gen_ai.output.messages"));
}

TEST_CASE("A message that Python printed is told apart from the print around it") {
    struct Row {
        std::string_view printed;
        std::string_view prompt;
    };

    const Row rows[] = {
        {R"(role='user' content='What\\'s\\nnew?' name=None)",
         R"("llm.audit.prompt.text":"What's\nnew?")"},
        {R"(role='user' content=\"it's\" name=None)", R"("llm.audit.prompt.text":"it's")"},
        {R"(role='user' content='cut)", R"("llm.audit.prompt.text":"role='user' content='cut")"},
        {R"(role='user' content=None)", R"("llm.audit.prompt.text":"role='user' content=None")"},
        {R"(role='owner' content='a')", R"("llm.audit.prompt.text":"role='owner' content='a'")"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.printed);
        auto records = read_records(
            observation(R"(,"input":{"messages":[")" + std::string(row.printed) + R"("]})"));
        REQUIRE(records.size() == 1);
        CHECK(holds(records[0], row.prompt));
        CHECK(holds(records[0], row.printed));
    }
}

TEST_CASE("Metadata of an ingested trace is read however often it was made a text") {
    for (std::string_view metadata :
         {R"({"user_role":"clerk","device_id":"pc-1"})",
          R"("{\"user_role\":\"clerk\",\"device_id\":\"pc-1\"}")",
          R"("\"{\\\"user_role\\\":\\\"clerk\\\",\\\"device_id\\\":\\\"pc-1\\\"}\"")"}) {
        CAPTURE(metadata);
        std::string trace = R"({"id":"t","input":"a","metadata":)";
        auto records = read_records(
            batch({event("trace-create", trace.append(metadata).append("}")),
                   event("generation-create", R"({"id":"g","traceId":"t","input":"a"})")}));
        REQUIRE(records.size() == 2);
        for (const std::string& record : records) {
            CHECK(holds(record, R"("user.roles":["clerk"])"));
            CHECK(holds(record, R"("device.id":"pc-1")"));
        }
        CHECK_FALSE(holds(records[0], R"("body.metadata")"));
    }
}

TEST_CASE("An audit row whose value was cut within its JSON gives away no key") {
    for (std::string_view after : {R"("{\"provider\":\"openai\",\"secretKey\":\"HUSH\",\"disp")",
                                   R"("{\"provider\":\"openai\",\"secretKey\":\"HUS")"}) {
        CAPTURE(after);
        std::string row =
            R"({"id":"al","createdAt":"2026-03-05T08:01:00.000Z","type":"USER","userId":"u-7",)"
            R"("orgId":"o","userOrgRole":"ADMIN","projectId":"p","resourceType":"llmApiKey","resourceId":"key-1",)"
            R"("action":"create","before":null,"after":)";
        auto records = read_records(row.append(after).append("}"));
        REQUIRE(records.size() == 1);
        CHECK(holds(records[0], R"("event.provider":"langfuse")"));
        CHECK(holds(records[0], "openai"));
        CHECK(holds(records[0], "[redacted]"));
        CHECK_FALSE(holds(records[0], "HUS"));
    }
}
