#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "json_tree/json_tree.h"
#include "parsers/parser.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

struct Known {
    std::string_view format;
    std::string_view text;
};

// The required keys of each format, and documents that only look like one.
constexpr Known kKnown[] = {
    {"bedrock",
     R"({"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-01-01T00:00:00Z","accountId":"1",)"
     R"("region":"us-east-1","requestId":"r","operation":"Converse","modelId":"m","input":{},"output":{}})"},
    {"exchange",
     R"({"request":{"model":"m","messages":[{"role":"user","content":"a"}]},"response":{"choices":[]}})"},
    {"otlp", R"({"resourceSpans":[]})"},
    {"otlp", R"({"resourceLogs":[{"scopeLogs":[]}]})"},
    {"json", R"({})"},
    {"json", R"({"prompt":"a","completion":"b"})"},
    {"json", R"({"request":"a text","response":"another"})"},
    {"json", R"({"schemaType":"Other","input":1})"},
};

std::set<std::string_view> recognizers(const std::vector<std::unique_ptr<Parser>>& parsers,
                                       JsonValue document) {
    std::set<std::string_view> names;
    for (const auto& parser : parsers) {
        if (parser->name() != "json" && parser->recognizes(document)) {
            names.insert(parser->name());
        }
    }
    return names;
}

// Every document of tests/golden: an input.json is one, an input.jsonl one a line.
std::vector<std::pair<std::string, std::string>> golden_documents() {
    std::vector<std::pair<std::string, std::string>> documents;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(LLMTRAIL_SOURCE_DIR "/tests/golden")) {
        std::string name = entry.path().filename().string();
        if (name != "input.json" && name != "input.jsonl") {
            continue;
        }
        std::ifstream in(entry.path(), std::ios::binary);
        if (name == "input.json") {
            documents.emplace_back(entry.path().string(),
                                   std::string(std::istreambuf_iterator<char>(in), {}));
            continue;
        }
        for (std::string line; std::getline(in, line);) {
            documents.emplace_back(entry.path().string(), line);
        }
    }
    return documents;
}

}  // namespace

TEST_CASE("A document of a known format is recognized by its parser and by no other") {
    auto parsers = make_parsers();
    JsonTree tree;
    for (const Known& row : kKnown) {
        CAPTURE(row.text);
        auto read = tree.read(row.text, false);
        REQUIRE(read);
        std::set<std::string_view> expected;
        if (row.format != "json") {
            expected.insert(row.format);
        }
        CHECK(recognizers(parsers, *read) == expected);
    }
}

TEST_CASE("Parsers have names and descriptions, and the shapes are asked last") {
    auto parsers = make_parsers();
    REQUIRE(parsers.size() > 3);
    std::set<std::string_view> names;
    for (size_t i = 0; i < parsers.size(); ++i) {
        CHECK_FALSE(parsers[i]->describes().empty());
        CHECK(parsers[i]->name() == parser_formats()[i].name);
        names.insert(parsers[i]->name());
    }
    CHECK(names.size() == parsers.size());
    CHECK(parsers[parsers.size() - 3]->name() == "exchange");
    CHECK(parsers[parsers.size() - 2]->name() == "body");
    CHECK(parsers.back()->name() == "json");
}

TEST_CASE("An object that a parser recognizes has one of the parser's keys") {
    auto parsers = make_parsers();
    JsonTree tree;
    for (const auto& [path, text] : golden_documents()) {
        auto read = tree.read(text, false);
        if (!read || !read->is_object()) {
            continue;
        }
        CAPTURE(path);
        for (const auto& parser : parsers) {
            CAPTURE(parser->name());
            auto keys = parser->keys();
            bool has_key = keys.empty() || std::any_of(keys.begin(), keys.end(), [&](auto key) {
                               return (*read)[key].exists();
                           });
            CHECK((has_key || !parser->recognizes(*read)));
        }
    }
}

TEST_CASE("Of the formats that are no shapes, one at most recognizes a golden document") {
    auto parsers = make_parsers();
    JsonTree tree;
    size_t recognized = 0;
    for (const auto& [path, text] : golden_documents()) {
        auto read = tree.read(text, false);
        if (!read) {
            continue;
        }
        CAPTURE(path);
        std::set<std::string_view> names = recognizers(parsers, *read);
        names.erase("exchange");
        names.erase("body");
        CHECK(names.size() <= 1);
        recognized += names.size();
    }
    CHECK(recognized > 20);
}

TEST_CASE("No parser recognizes what is no object") {
    auto parsers = make_parsers();
    JsonTree tree;
    for (std::string_view text : {"1", "\"a\"", "null", "true", "1.5", "[]", "[1]"}) {
        CAPTURE(text);
        auto read = tree.read(text, false);
        REQUIRE(read);
        for (const auto& parser : parsers) {
            CHECK_FALSE(parser->recognizes(*read));
        }
    }
}

TEST_CASE("A reader that detects the format finds whatever a parser recognizes") {
    const Known table[] = {
        {"otlp", R"({"resourceSpans":[]})"},
        {"otlp", R"({"resource_spans":[]})"},
        {"otlp", R"({"resourceLogs":[]})"},
        {"otlp", R"({"resource_logs":[]})"},
        {"otlp", R"({"name":"n","spanId":"1","attributes":[]})"},
        {"bedrock", R"({"schemaType":"ModelInvocationLog"})"},
        {"bedrock", R"({"message":{"schemaType":"ModelInvocationLog"}})"},
        {"bedrock", R"({"message":"{\"schemaType\":\"ModelInvocationLog\"}"})"},
        {"bedrock", R"({"logEvents":[{"message":{"schemaType":"ModelInvocationLog"}}]})"},
        {"bedrock", R"({"events":[{"message":{"schemaType":"ModelInvocationLog"}}]})"},
        {"exchange", R"({"request":{"messages":[]},"response":null})"},
        {"exchange", R"({"url":"/v1/chat/completions","request":"","response":""})"},
    };
    auto parsers = make_parsers();
    JsonTree tree;
    for (const Known& row : table) {
        CAPTURE(row.text);
        auto read = tree.read(row.text, false);
        REQUIRE(read);
        CHECK(recognizers(parsers, *read) == std::set<std::string_view>{row.format});
        bool batch_of_none =
            row.text.find(":[]}") != std::string_view::npos && row.text.starts_with("{\"resource");
        auto records = read_records(row.text);
        CHECK(records.empty() == batch_of_none);
        for (const std::string& record : records) {
            CHECK(record.find("\"event.provider\":\"" + std::string(row.format) + "\"") !=
                  std::string::npos);
        }
    }
}

TEST_CASE("A batch of none gives no record, and one with something beside it loses nothing") {
    struct Row {
        std::string_view text;
        std::string_view provider;  // "": no record
        std::string_view kept;
    };

    constexpr Row kRows[] = {
        {R"({"resourceSpans":[]})", "", ""},
        {R"({"resourceSpans":[],"resourceLogs":[],"note":"","more":{}})", "", ""},
        {R"({"post":[],"patch":[]})", "", ""},
        {R"({"resourceSpans":[],"user":"bob","prompt":"hi"})", "json", R"("user.id":"bob")"},
        {R"({"post":[],"patch":[],"user":"bob","prompt":"hi"})", "json", R"("hi")"},
        {R"({"post":[],"session_name":"a","count":0})", "json", R"(session_name)"},
        {R"({"resourceSpans":[],"records":[{"category":"Audit","time":"2026-01-01T00:00:00Z",
          "resourceId":"/subscriptions/s"}]})",
         "azure", "/subscriptions/s"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        auto records = read_records(row.text);
        REQUIRE(records.size() == (row.provider.empty() ? 0 : 1));
        for (const std::string& record : records) {
            CHECK(record.find("\"event.provider\":\"" + std::string(row.provider) + "\"") !=
                  std::string::npos);
            CHECK(record.find(row.kept) != std::string::npos);
        }
    }
}

TEST_CASE("A configured format keeps what stands beside a batch of none") {
    auto records = read_records(R"({"resourceSpans":[],"user":"bob","password":"S"})", "otlp");
    REQUIRE(records.size() == 1);
    CHECK(records[0].find(R"("event.provider":"otlp")") != std::string::npos);
    CHECK(records[0].find(R"("llm.audit.unmapped":{"user":"bob","password":"[redacted]"})") !=
          std::string::npos);
    CHECK(read_records(R"({"resourceSpans":[]})", "otlp").empty());
}

// The table asks in its order; two formats in one document is nobody's log, and the answer must
// not change with the order of its members.
TEST_CASE("Of two formats whose keys stand in one document the first of the table takes it") {
    constexpr std::string_view kBedrock = R"("schemaType":"ModelInvocationLog")";
    constexpr std::string_view kOpenwebui =
        R"("audit_level":"METADATA","verb":"GET","request_uri":"/api/chats")";
    constexpr std::string_view kOtlp = R"("resourceSpans":[{"resource":{}}])";
    constexpr std::string_view kLangsmith = R"("post":[{"id":"r","trace_id":"t"}])";

    struct Row {
        std::string_view first;
        std::string_view second;
    };

    constexpr Row kRows[] = {
        {kBedrock, kOpenwebui}, {kOtlp, kBedrock}, {kOtlp, kLangsmith}, {kOpenwebui, kLangsmith}};
    auto provider_of = [](std::string_view one, std::string_view other) {
        std::string text = "{";
        text.append(one).append(",").append(other).append("}");
        auto records = read_records(text);
        REQUIRE(records.size() == 1);
        size_t at = records[0].find("\"event.provider\":\"") + 18;
        return records[0].substr(at, records[0].find('"', at) - at);
    };
    for (const Row& row : kRows) {
        CAPTURE(row.first);
        CAPTURE(row.second);
        std::string found = provider_of(row.first, row.second);
        CHECK(found == provider_of(row.second, row.first));
        CHECK(found == (row.first == kBedrock ? "bedrock"
                        : row.first == kOtlp  ? "otlp"
                                              : "openwebui"));
    }
}
