#include <doctest/doctest.h>

#include <set>

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

TEST_CASE("Parsers have names and descriptions, and json is asked last") {
    auto parsers = make_parsers();
    REQUIRE(parsers.size() == 4);
    std::set<std::string_view> names;
    for (const auto& parser : parsers) {
        CHECK_FALSE(parser->describes().empty());
        names.insert(parser->name());
    }
    CHECK(names == std::set<std::string_view>{"otlp", "bedrock", "exchange", "json"});
    CHECK(parsers.back()->name() == "json");
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
