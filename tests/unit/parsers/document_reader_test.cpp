#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "json_tree/json_tree.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

struct Hostile {
    std::string text;
    std::string kind;
    std::string reason_or_flag;  // reject reason, or a flag of the record; "" none
};

std::string nested(size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

// One record, read back.
struct ReadBack {
    explicit ReadBack(const std::string& record) {
        auto read = tree.read(record, false);
        REQUIRE(read);
        root = *read;
    }

    std::string_view text(std::string_view field) const { return root[field].text(); }

    std::string json(std::string_view field) const { return root[field].json(); }

    JsonTree tree;
    JsonValue root;
};

}  // namespace

TEST_CASE("Whatever the bytes, a document gives a record that says what was odd") {
    const std::string mb(1 << 20, 'x');
    const std::vector<Hostile> table = {
        {"", "rejected", "not JSON: empty"},
        {" \t\r\n ", "rejected", "not JSON: only white space"},
        {std::string(3, '\0'), "rejected", "not JSON: unexpected text at byte 0"},
        {"{\"prompt\":\"a\xFF"
         "b\"}",
         "inference", "invalid_utf8"},
        {"{\"prompt\":\"\xC0\x80\"}", "inference", "invalid_utf8"},
        {R"({"prompt":"\ud83d"})", "inference", "lone_surrogate"},
        {R"({"prompt":"p","\udc12":1})", "inference", "lone_surrogate"},
        {std::string("{\"prompt\":\"a\0b\"}", 16), "inference", "control_character"},
        {R"({"prompt":"a\u0000b"})", "inference", ""},
        {R"({"prompt":"p","score":NaN})", "inference", "non_finite_number"},
        {R"({"prompt":"p","score":-Infinity})", "inference", "non_finite_number"},
        {R"({"prompt":"p","n":1e999})", "inference", "huge_number"},
        {R"({"prompt":"p","tokens":99999999999999999999999})", "inference", "huge_number"},
        {nested(10'000), "rejected", "nested deeper than 128"},
        {nested(1'000'000), "rejected", "nested deeper than 128"},
        {std::string(1'000'000, '['), "rejected", "nested deeper than 128"},
        {R"({"prompt":"p","prompt":"q"})", "inference", "duplicate_keys"},
        {R"({"prompt":"p","x":{"k":1,"k":1}})", "inference", "duplicate_keys"},
        {R"({"prompt":"p)", "rejected", "not JSON: ends inside a string"},
        {R"({"prompt":"p","a":[1)", "rejected", "not JSON: ends inside an array"},
        {R"({"prompt":"p",)", "rejected", "not JSON: ends inside an object"},
        {R"({"prompt":"p"}{"prompt":"q"})", "rejected",
         "not JSON: more text after its end, at byte 14"},
        {R"({"prompt":"p"} ok)", "rejected", "not JSON: more text after its end, at byte 15"},
        {"{'prompt': 'p', 'x': None}", "rejected", "not JSON: unexpected text at byte 1"},
        {"{\"prompt\":\"" + mb + "\"}", "inference", ""},
        {"\xEF\xBB\xBF{\"prompt\":\"p\"}", "inference", ""},
        {"null", "rejected", "not an object: null"},
        {"\"text\"", "rejected", "not an object: a string"},
        {"true", "rejected", "not an object: a boolean"},
        {"{}", "other", ""},
    };
    for (const Hostile& row : table) {
        CAPTURE(row.text.substr(0, 60));
        auto records = read_records(row.text);
        REQUIRE(records.size() == 1);
        ReadBack record(records.front());
        CHECK(record.text("event.kind") == row.kind);
        CHECK(record.text("event.time") == "2026-01-02T03:04:05.678000000Z");
        CHECK(record.text("event.time.precision") == "observed");
        CHECK(record.text("event.outcome") == "unknown");
        CHECK(record.text("llm.audit.record.state") == "complete");
        if (row.kind == "rejected") {
            CHECK(record.text("llm.audit.reject.reason") == row.reason_or_flag);
            CHECK(record.root["log.bytes"].integer() == static_cast<int64_t>(row.text.size()));
            CHECK(record.text("event.provider") == "auto");
        } else if (row.reason_or_flag.empty()) {
            CHECK_FALSE(record.root["llm.audit.record.flags"].exists());
        } else {
            CHECK(record.json("llm.audit.record.flags") == "[\"" + row.reason_or_flag + "\"]");
        }
    }
}

TEST_CASE("A text of a megabyte arrives whole") {
    std::string text(1 << 20, 'x');
    auto records = read_records("{\"prompt\":\"" + text + "\"}");
    REQUIRE(records.size() == 1);
    ReadBack record(records.front());
    CHECK(record.text("llm.audit.prompt.text") == text);
    CHECK(record.root["llm.audit.prompt.bytes"].integer() == 1 << 20);
}

TEST_CASE("The elements of an array are documents, and a bad one does not cost its neighbours") {
    auto records = read_records(R"([{"prompt":"a"},null,{"prompt":"b"}])");
    REQUIRE(records.size() == 3);
    CHECK(ReadBack(records[0]).text("llm.audit.prompt.text") == "a");
    CHECK_FALSE(ReadBack(records[0]).root["record.ordinal"].exists());
    CHECK(ReadBack(records[1]).text("event.kind") == "rejected");
    CHECK(ReadBack(records[1]).root["record.ordinal"].integer() == 1);
    CHECK(ReadBack(records[2]).text("llm.audit.prompt.text") == "b");
    CHECK(ReadBack(records[2]).root["record.ordinal"].integer() == 2);
    CHECK(read_records("[]").empty());
}

TEST_CASE("A configured format refuses what is not its own") {
    auto records = read_records(R"({"prompt":"a"})", "bedrock");
    REQUIRE(records.size() == 1);
    ReadBack record(records.front());
    CHECK(record.text("event.kind") == "rejected");
    CHECK(record.text("llm.audit.reject.reason") == "not a document of format bedrock");
    CHECK(record.text("event.provider") == "bedrock");
    CHECK(ReadBack(read_records(R"({"prompt":"a"})", "json").front()).text("event.kind") ==
          "inference");
}

TEST_CASE("An unknown format is refused and the nearest one named") {
    auto reader = DocumentReader::make("bedrok", {}, 0);
    REQUIRE_FALSE(reader);
    CHECK(reader.error().code == ErrorCode::kInvalidArgument);
    CHECK(reader.error().message == "unknown format 'bedrok'; the nearest is 'bedrock'");
    CHECK(DocumentReader::make("auto", {}, 0));
}

TEST_CASE("A truncated document is rejected with both lengths and keeps what its head says") {
    auto reader = DocumentReader::make("auto", {}, 0);
    REQUIRE(reader);
    RecordList list(kTestObserved);
    DocumentReader::Document document;
    document.bytes = R"({"user":"u1","api_key":"S3CRET","prompt":"the beginning of)";
    document.truncated = true;
    document.full_size_bytes = 5000;
    document.observed = kTestObserved;
    (*reader)->read(document, list);
    REQUIRE(list.records.size() == 1);
    ReadBack record(list.records.front());
    CHECK(record.text("event.kind") == "rejected");
    CHECK(record.text("llm.audit.reject.reason") ==
          "truncated: the document has 5000 bytes, the first 58 were read");
    CHECK(record.root["log.bytes"].integer() == 5000);
    CHECK(record.json("llm.audit.record.flags") == R"(["truncated_document"])");
    CHECK(record.text("user.id") == "u1");
    CHECK(record.text("llm.audit.prompt.text") == "the beginning of");
    CHECK(list.records.front().find("S3CRET") == std::string::npos);
    for (std::string_view other : {"", "plain text", "[1,2", "\"a", "{\"a\":x,"}) {
        CAPTURE(other);
        document.bytes = other;
        list.records.clear();
        (*reader)->read(document, list);
        REQUIRE(!list.records.empty());
        for (const std::string& each : list.records) {
            CHECK(ReadBack(each).text("event.kind") == "rejected");
        }
    }
}

TEST_CASE("Of a truncated list of documents only the last is rejected") {
    auto reader = DocumentReader::make("auto", {}, 0);
    REQUIRE(reader);
    RecordList list(kTestObserved);
    DocumentReader::Document document;
    document.bytes = R"([{"prompt":"a"},{"prompt":"b"},{"prompt":"c)";
    document.truncated = true;
    document.full_size_bytes = 900;
    document.observed = kTestObserved;
    (*reader)->read(document, list);
    REQUIRE(list.records.size() == 3);
    CHECK(ReadBack(list.records[0]).text("event.kind") == "inference");
    CHECK(ReadBack(list.records[1]).text("event.kind") == "inference");
    ReadBack last(list.records[2]);
    CHECK(last.text("event.kind") == "rejected");
    CHECK(last.text("llm.audit.prompt.text") == "c");
    CHECK(last.json("llm.audit.record.flags") == R"(["truncated_document"])");
}

TEST_CASE("A reader forgets one document before the next") {
    auto reader = DocumentReader::make("auto", {}, 0);
    REQUIRE(reader);
    RecordList list(kTestObserved);
    for (std::string_view text :
         {"{\"prompt\":\"a\xFF\",\"k\":1,\"k\":2}", "{\"x\":", "{\"note\":1}"}) {
        DocumentReader::Document document;
        document.bytes = text;
        document.observed = kTestObserved;
        (*reader)->read(document, list);
    }
    REQUIRE(list.records.size() == 3);
    ReadBack last(list.records[2]);
    CHECK(last.text("event.kind") == "other");
    CHECK(last.json("llm.audit.unmapped") == R"({"note":1})");
    CHECK_FALSE(last.root["llm.audit.record.flags"].exists());
    CHECK_FALSE(last.root["record.ordinal"].exists());
}

TEST_CASE("Stamps without a zone are taken in the source's zone") {
    constexpr std::string_view kText = R"({"prompt":"a","time":"2026-01-01 12:00:00"})";
    ReadBack utc(read_records(kText).front());
    CHECK(utc.text("event.time") == "2026-01-01T12:00:00.000000000Z");
    CHECK(utc.text("event.time.zone") == "assumed_utc");
    ReadBack local(read_records(kText, "auto", {}, 7200).front());
    CHECK(local.text("event.time") == "2026-01-01T10:00:00.000000000Z");
    CHECK(local.text("event.time.zone") == "assumed_local");
}

TEST_CASE("Work grows no faster than the document") {
    const std::string long_name(1 << 20, 'k');
    const std::string separators = "u" + std::string(1 << 20, '_') + "ser";
    std::string members = "{";
    std::string roles = "[";
    for (int i = 0; i < 200'000; ++i) {
        members += "\"m" + std::to_string(i) + "\":1,";
        roles += "\"r" + std::to_string(i) + "\",";
    }
    members += "\"z\":1}";
    roles += "\"z\"]";
    std::string deep;
    for (int i = 0; i < 100; ++i) {
        deep += "{\"" + std::string(5000, 'd') + "\":";
    }
    // Each took minutes when a path was spelled out for every leaf, or a list copied for every
    // item.
    const std::vector<std::string> documents = {
        "{\"" + long_name + "\":" + members + "}",
        "{\"" + separators + "\":" + members + "}",
        "{\"guardrails\":{\"" + long_name + "\":" + members + "}}",
        "{\"metadata\":{\"x\":" + members + "}}",
        deep + members + std::string(100, '}'),
        "{\"user\":{\"roles\":" + roles + "},\"sources\":" + roles + ",\"guardrails\":" + roles +
            ",\"tools\":" + roles + ",\"messages\":" + roles + "}",
        "[" + members + "," + members + "]",
    };
    for (const std::string& text : documents) {
        CAPTURE(text.substr(0, 40));
        auto started = std::chrono::steady_clock::now();
        auto records = read_records(text, "auto", {{Field::kUserRoles, {"tools"}}});
        CHECK(!records.empty());
        CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(20));
    }
    CHECK(read_records(documents.front()).front().find("unmapped_truncated") != std::string::npos);
}

namespace {

// A change of a few bytes, of the kinds that break readers.
void mutate(std::string& text, std::mt19937_64& random) {
    static constexpr std::string_view kSpice[] = {"\"",    "\\",
                                                  "{",     "}",
                                                  "[",     "]",
                                                  ":",     ",",
                                                  "\xFF",  "\0",
                                                  "null",  "{}",
                                                  "1e999", "\\ud8",
                                                  "-",     "NaN",
                                                  "[[[",   "true",
                                                  "0",     " ",
                                                  "é",     "\\u",
                                                  "\"\"",  "\":{\"",
                                                  "\",\"", "9999999999999999999"};
    size_t changes = 1 + random() % 4;
    for (size_t i = 0; i < changes && !text.empty(); ++i) {
        size_t at = random() % text.size();
        switch (random() % 5) {
            case 0:
                text[at] = static_cast<char>(random());
                break;
            case 1:
                text.erase(at, 1 + random() % 20);
                break;
            case 2:
                text.insert(at, kSpice[random() % std::size(kSpice)]);
                break;
            case 3:
                text.insert(at, text.substr(random() % text.size(), random() % 60));
                break;
            default:
                text.resize(random() % 16 == 0 ? at : text.size());
                break;
        }
    }
}

constexpr std::string_view kSample =
    R"({"ts":"2026-03-04T05:06:07.089Z","event":"llm.interaction","user":{"id":"u1","name":"A","roles":["x","y"]},)"
    R"("device":{"id":"d","ip":"10.0.0.1"},"model":{"provider":"openai","name":"m","temperature":0.7},)"
    R"("prompt":{"text":"Où est \"le\" contrat ?\n\ud83d\ude00","language":"fr","tokens":12},)"
    R"("sources":[{"id":"d1","uri":"s3://b/k","score":0.5,"classification":"internal"},"https://a.slack.com/x"],)"
    R"("completion":{"text":"Ici.","tokens":2,"finish_reason":"stop","confidence":0.9,"toxicity":0.01},)"
    R"("guardrails":[{"name":"pii","action":"block","score":0.1},{"name":"x","passed":true}],)"
    R"("edit":{"by":"u2","at":1767225600,"before":"a","after":{"b":[1]}},"latency_ms":12.5,"cost_usd":1e-3,)"
    R"("setting":{"name":"t","old":0,"new":[1]},"url":"https://u:p@h:1/x?k=v","tool_calls":[{"name":"t","arguments":{}}],)"
    R"("request_headers":{"date":"Wed, 04 Mar 2026 05:06:08 GMT","authorization":"b"},"messages":[{"role":"user","content":"x"}]})";

constexpr std::string_view kExchangeSample =
    R"({"timestamp":"2026-03-04T05:06:07.089Z","request":{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]},)"
    R"("response":{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",)"
    R"("content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}},)"
    R"("status":200,"duration_ms":5,"client":{"ip":"10.0.0.1","user":"a@b"}})";

}  // namespace

TEST_CASE("Twenty thousand mutants never crash and always give records that are JSON") {
    constexpr int kMutants = 20'000;
    std::mt19937_64 random(20260101);
    auto reader = DocumentReader::make(
        "auto", {{Field::kUserRoles, {"sources", "id"}}, {Field::kDataSources, {"guardrails"}}}, 0);
    REQUIRE(reader);
    JsonTree tree;
    int rejected = 0;
    for (int i = 0; i < kMutants; ++i) {
        std::string text(i % 4 == 0 ? kExchangeSample : kSample);
        mutate(text, random);
        RecordList list(kTestObserved);
        DocumentReader::Document document;
        document.bytes = text;
        document.truncated = i % 5 == 0;
        document.full_size_bytes = text.size();
        document.observed = kTestObserved;
        if (document.truncated) {
            document.bytes = document.bytes.substr(0, random() % (text.size() + 1));
        }
        (*reader)->read(document, list);
        CAPTURE(text);
        CAPTURE(document.truncated);
        bool empty_list = list.records.empty() && document.bytes.starts_with('[');
        REQUIRE((empty_list || !list.records.empty()));
        for (const std::string& record : list.records) {
            auto read = tree.read(record, false);
            REQUIRE(read);
            REQUIRE_FALSE(tree.repairs().any());
            REQUIRE_FALSE((*read)["event.kind"].text().empty());
            rejected += (*read)["event.kind"].text() == "rejected" ? 1 : 0;
        }
    }
    CHECK(rejected > kMutants / 20);
    CHECK(rejected < kMutants);
}
