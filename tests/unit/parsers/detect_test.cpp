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
