#include <doctest/doctest.h>

#include "json_tree/json_tree.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

struct Row {
    std::string_view field;
    std::vector<std::string> path;
    std::string_view document;
    std::string_view expected;  // JSON of the field; "null": absent
};

std::string mapped(const Row& row) {
    auto field = field_by_name(row.field);
    REQUIRE(field);
    auto records = read_records(row.document, "json", {{*field, row.path}});
    REQUIRE(records.size() == 1);
    JsonTree tree;
    auto read = tree.read(records.front(), false);
    REQUIRE(read);
    return (*read)[row.field].json();
}

}  // namespace

TEST_CASE("A map rule fills its field by the field's type, over the parser's own choice") {
    const std::vector<Row> table = {
        {"user.id",
         {"metadata", "employee_id"},
         R"({"user":{"id":"app"},"metadata":{"employee_id":"e7"}})",
         R"("e7")"},
        {"user.id", {"n"}, R"({"n":42})", R"("42")"},
        {"user.id",
         {"list", "id"},
         R"({"list":[{"x":1},{"id":"second"},{"id":"third"}]})",
         R"("second")"},
        {"user.roles", {"role"}, R"({"role":"one"})", R"(["one"])"},
        {"user.roles",
         {"m", "r"},
         R"({"roles":["z"],"m":{"r":["a","b","a",3]}})",
         R"(["a","b","3"])"},
        {"user.roles", {"g", "n"}, R"({"g":[{"n":"a"},{"n":"b"}]})", R"(["a","b"])"},
        {"gen_ai.usage.input_tokens", {"t"}, R"({"t":"17","usage":{"prompt_tokens":3}})", "17"},
        {"gen_ai.usage.input_tokens", {"t"}, R"({"t":17.0})", "17"},
        {"llm.audit.usage.cost_usd", {"c"}, R"({"c":"0.25"})", "0.25"},
        {"gen_ai.request.stream", {"s"}, R"({"s":"true"})", "true"},
        {"gen_ai.request.stream", {"s"}, R"({"s":0})", "false"},
        {"event.time",
         {"when"},
         R"({"ts":"2026-01-01T00:00:00Z","when":1767225601})",
         R"("2026-01-01T00:00:01.000000000Z")"},
        {"llm.audit.edit.time",
         {"w"},
         R"({"w":"2026-01-01T00:00:01.5Z"})",
         R"("2026-01-01T00:00:01.500000000Z")"},
        {"llm.audit.request.parameters", {"p"}, R"({"p":{"a":1}})", R"({"a":1})"},
        {"llm.audit.data_sources",
         {"m", "docs"},
         R"({"sources":["old"],"m":{"docs":[{"id":"d","url":"s3://b/k"}]}})",
         R"([{"type":"s3","id":"d","uri":"s3://b/k"}])"},
        {"llm.audit.data_sources.count", {"m"}, R"({"m":3})", "3"},
        {"llm.audit.guardrails",
         {"g"},
         R"({"g":[{"name":"a","blocked":true}]})",
         R"([{"name":"a","verdict":"deny","action":"block"}])"},
        {"llm.audit.prompt.text",
         {"body", "q"},
         R"({"prompt":"p","body":{"q":"mapped"}})",
         R"("mapped")"},
        {"llm.audit.purpose", {"o"}, R"({"o":{"k":[1]}})", R"("{\"k\":[1]}")"},
    };
    for (const Row& row : table) {
        CAPTURE(row.document);
        CHECK(mapped(row) == row.expected);
    }
}

TEST_CASE("A map rule that finds nothing of its type leaves the parser's value") {
    const std::vector<Row> table = {
        {"user.id", {"metadata", "employee_id"}, R"({"user":{"id":"app"}})", R"("app")"},
        {"user.id", {"m"}, R"({"user":{"id":"app"},"m":null})", R"("app")"},
        {"user.id", {"m"}, R"({"user":{"id":"app"},"m":""})", R"("app")"},
        {"user.id", {"user", "id", "deeper"}, R"({"user":{"id":"app"}})", R"("app")"},
        {"gen_ai.usage.input_tokens", {"t"}, R"({"t":"many","usage":{"prompt_tokens":3}})", "3"},
        {"gen_ai.usage.input_tokens", {"t"}, R"({"t":1.5})", "null"},
        {"gen_ai.request.stream", {"s"}, R"({"s":2})", "null"},
        {"event.time",
         {"when"},
         R"({"ts":"2026-01-01T00:00:00Z","when":"soon"})",
         R"("2026-01-01T00:00:00.000000000Z")"},
        {"user.roles", {"r"}, R"({"roles":["z"],"r":[]})", R"(["z"])"},
        {"llm.audit.data_sources", {"d"}, R"({"sources":["a"],"d":7})", R"([{"id":"a"}])"},
        {"user.id", {""}, R"({"user":{"id":"app"}})", R"("app")"},
    };
    for (const Row& row : table) {
        CAPTURE(row.document);
        CHECK(mapped(row) == row.expected);
    }
}

TEST_CASE("A mapped prompt has its own length") {
    CHECK(mapped({"llm.audit.prompt.bytes", {"nothing"}, R"({"prompt":"abc"})", ""}) == "3");
    auto records =
        read_records(R"({"prompt":"abc","q":"abcdef"})", "json", {{Field::kPromptText, {"q"}}});
    REQUIRE(records.size() == 1);
    CHECK(records.front().find("\"llm.audit.prompt.bytes\":6") != std::string::npos);
}

TEST_CASE("A path through an array of very many elements stops at a bound") {
    std::string text = "{\"l\":[";
    for (int i = 0; i < 20'000; ++i) {
        text += "{\"v\":" + std::to_string(i) + "},";
    }
    text += "{}]}";
    std::string roles = mapped({"user.roles", {"l", "v"}, text, ""});
    CHECK(roles.starts_with(R"(["0","1")"));
    CHECK(roles.ends_with(R"("4095"])"));
}
