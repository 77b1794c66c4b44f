#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "parsers/otel_aliases.h"
#include "parsers/otlp_value.h"
#include "record_list.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

// A span with `attributes` (OTLP pairs) and, inside the span, `more` members.
std::string span(std::string_view attributes, std::string_view more = "") {
    std::string out = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"s",)";
    out += R"("startTimeUnixNano":"1767312000000000000","attributes":[)";
    out.append(attributes).append("]").append(more).append("}]}]}]}");
    return out;
}

std::string text(std::string_view key, std::string_view value) {
    std::string out = R"({"key":")";
    out.append(key).append(R"(","value":{"stringValue":")").append(value).append(R"("}})");
    return out;
}

std::string only_record(const std::string& document) {
    auto records = read_records(document, "otlp");
    REQUIRE(records.size() == 1);
    return records[0];
}

std::vector<std::string> lines_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string all{std::istreambuf_iterator<char>(in), {}};
    if (file.extension() != ".jsonl") {
        return {all};
    }
    std::vector<std::string> lines;
    for (size_t at = 0; at < all.size();) {
        size_t end = std::min(all.find('\n', at), all.size());
        lines.push_back(all.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

}  // namespace

TEST_CASE("A 64-bit integer counts the same as a text and as a number") {
    auto with = [](std::string_view value) {
        std::string pair = R"({"key":"gen_ai.usage.input_tokens","value":{"intValue":)";
        return only_record(span(pair.append(value).append("}}")));
    };
    CHECK(holds(with("\"23\""), R"("gen_ai.usage.input_tokens":23)"));
    CHECK(holds(with("23"), R"("gen_ai.usage.input_tokens":23)"));
    CHECK(holds(with("\"many\""), R"("attributes.gen_ai.usage.input_tokens":"many")"));
}

TEST_CASE("Ids are hex whether they were written in hex or base64") {
    JsonTree tree;
    auto id = [&](std::string_view json) { return otlp::hex_id(*tree.read(json, false)); };
    CHECK(id(R"("54D9E6d3f5b87d15bb169e34dd020d27")") == "54d9e6d3f5b87d15bb169e34dd020d27");
    CHECK(id(R"("AAECAwQFBgcICQoLDA0ODw==")") == "000102030405060708090a0b0c0d0e0f");
    CHECK(id(R"("AQIDBAUGBwg=")") == "0102030405060708");
    CHECK(id(R"("0000000000000000")").empty());
    CHECK(id(R"("not an id")") == "not an id");
    CHECK(id("7").empty());
}

TEST_CASE("Of two copies that differ the first vocabulary stands and the other is kept") {
    std::string record = only_record(span(
        text("gen_ai.input.messages",
             R"([{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"one\"}]}])") +
        "," + text("gen_ai.prompt.0.role", "user") + "," + text("gen_ai.prompt.0.content", "two")));
    CHECK(holds(record, R"("llm.audit.prompt.text":"one")"));
    CHECK(holds(record, R"("attributes.gen_ai.prompt.0.content":"two")"));

    std::string agreed = only_record(span(
        text("gen_ai.input.messages",
             R"([{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"one\"}]}])") +
        "," + text("gen_ai.prompt.0.role", "user") + "," + text("gen_ai.prompt.0.content", "one")));
    CHECK_FALSE(holds(agreed, "attributes.gen_ai.prompt.0"));
}

TEST_CASE("Messages with indexes come in the order of the numbers, not of the texts") {
    std::string attributes;
    for (int i : {10, 2, 0}) {
        attributes += attributes.empty() ? "" : ",";
        attributes += text("llm.input_messages." + std::to_string(i) + ".message.content",
                           "m" + std::to_string(i));
    }
    std::string record = only_record(span(attributes));
    CHECK(record.find("\"m0\"") < record.find("\"m2\""));
    CHECK(record.find("\"m2\"") < record.find("\"m10\""));
    CHECK(holds(record, R"("llm.audit.prompt.text":"m10")"));
}

TEST_CASE("JSON that an attribute limit cut stays as text") {
    std::string record = only_record(
        span(text("gen_ai.output.messages", R"([{\"role\":\"assistant\",\"parts\":[{\"ty)")));
    CHECK(
        holds(record, R"("llm.audit.response.text":"[{\"role\":\"assistant\",\"parts\":[{\"ty")"));
}

TEST_CASE("The fuller provider name wins and the other is kept") {
    std::string record = only_record(
        span(text("llm.system", "openai") + "," + text("gen_ai.system", "az.ai.openai")));
    CHECK(holds(record, R"("gen_ai.provider.name":"azure.ai.openai")"));
    CHECK(holds(record, R"("attributes.gen_ai.system":"az.ai.openai")"));
    CHECK(holds(record, R"("attributes.llm.system":"openai")"));
}

TEST_CASE("Dropped attributes are loss, none dropped is not") {
    CHECK(holds(only_record(span("", R"(,"droppedAttributesCount":3)")),
                R"("llm.audit.record.source_loss":["dropped_attributes"])"));
    CHECK_FALSE(holds(only_record(span("", R"(,"droppedAttributesCount":0)")), "source_loss"));
}

TEST_CASE("A span without any GenAI vocabulary is other, with all it says kept") {
    std::string record = only_record(span(text("db.system", "postgresql"), R"(,"kind":2)"));
    CHECK(holds(record, R"("event.kind":"other")"));
    CHECK(holds(record, R"("attributes.db.system":"postgresql")"));
    CHECK(holds(record, R"("span.kind":2)"));
}

TEST_CASE("Token probabilities of an event give a confidence") {
    std::string record = only_record(span(
        text("gen_ai.request.model", "m"),
        R"(,"events":[{"name":"logprobs","attributes":[{"key":"logprobs","value":)"
        R"({"stringValue":"[{\"token\":\"a\",\"logprob\":0},{\"token\":\"b\",\"logprob\":0}]"}}]}])"));
    CHECK(holds(record, R"("llm.audit.response.confidence":1)"));
    CHECK(holds(record, R"("llm.audit.response.confidence.method":"mean_token_prob")"));
}

TEST_CASE("Shapes that no exporter writes are kept, not dropped, and break nothing") {
    for (
        std::string_view odd :
        {R"({"resourceSpans":[{"scopeSpans":[{"spans":["text",7,null,[1]]}]}]})",
         R"({"resourceSpans":[{"resource":"r","scopeSpans":[{"scope":[1],"spans":[{}]}]}]})",
         R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":5,"attributes":{"a":1}},"x"]}]}]})",
         R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":5,"value":9},3],)"
         R"("events":[4,{"attributes":"no"}],"links":["l"],"status":"bad","traceId":{}}]}]}]})"}) {
        CAPTURE(odd);
        auto records = read_records(odd, "otlp");
        CHECK_FALSE(records.empty());
        for (const std::string& record : records) {
            CHECK(holds(record, R"("event.kind":)"));
        }
    }
    CHECK(holds(read_records(R"({"resourceSpans":[{"scopeSpans":[{"spans":["stray"]}]}]})")[0],
                R"("span":"stray")"));
}

TEST_CASE("Thousands of JSON texts in one span stay within the pool of trees") {
    std::string attributes = text("openinference.span.kind", "LLM");
    for (int i = 0; i < 2000; ++i) {
        attributes += "," + text("llm.tools." + std::to_string(i) + ".tool.json_schema",
                                 R"({\"name\":\"t\"})");
    }
    for (int i = 0; i < 200; ++i) {
        attributes += R"(,{"key":"list)" + std::to_string(i) +
                      R"(","value":{"arrayValue":{"values":[{"intValue":1}]}}})";
    }
    std::string record = only_record(span(attributes));
    CHECK(holds(record, R"("gen_ai.tool.definitions":[{"name":"t"})"));
    CHECK(holds(record, "attributes.list199"));
}

TEST_CASE("Words for kinds and providers are known in any case") {
    CHECK(otlp::kind_of_word("RETRIEVER")->kind == "retrieval");
    CHECK(otlp::kind_of_word("Evaluator")->kind == "evaluation");
    CHECK(otlp::kind_of_word("no such kind") == nullptr);
    CHECK(otlp::provider_of_word("OpenAI") == "openai");
    CHECK(otlp::provider_of_word("vertex_ai") == "gcp.vertex_ai");
    CHECK(otlp::provider_of_word("in-house") == "in-house");
}

TEST_CASE("Every real span and log event becomes a record of its own vocabulary") {
    fs::path samples = fs::path(LLMTRAIL_SAMPLES_DIR);
    const std::map<std::string, size_t> expected = {
        {"generated-npm/otlp-official-traces.jsonl", 7},
        {"generated-npm/otlp-official-logs.jsonl", 12},
        {"generated-npm/otlp-traceloop-traces.jsonl", 5},
        {"generated-npm/otlp-openinference-traces.jsonl", 6},
        {"generated-npm/otlp-langfuse4-traces.jsonl", 10},
    };
    if (!fs::exists(samples / "generated-npm")) {
        return;
    }
    for (const auto& [name, count] : expected) {
        CAPTURE(name);
        size_t records = 0;
        size_t prompts = 0;
        for (const std::string& line : lines_of(samples / name)) {
            for (const std::string& record : read_records(line)) {
                ++records;
                prompts += holds(record, R"("llm.audit.prompt.text":)") ? 1U : 0U;
                CHECK(holds(record, R"("event.provider":"otlp")"));
                CHECK_FALSE(holds(record, R"("event.kind":"rejected")"));
                CHECK(holds(record, R"("trace.id":)"));
            }
        }
        CHECK(records == count);
        bool has_text = name.find("official-traces") == std::string::npos;
        CHECK((prompts > 0) == has_text);
    }
}

TEST_CASE("The same call reads the same in three vocabularies") {
    fs::path samples = fs::path(LLMTRAIL_SAMPLES_DIR) / "generated-npm";
    if (!fs::exists(samples)) {
        return;
    }
    for (std::string_view name :
         {"otlp-traceloop-traces.jsonl", "otlp-openinference-traces.jsonl"}) {
        CAPTURE(name);
        std::string first = read_records(lines_of(samples / name)[0])[0];
        CHECK(holds(first, R"("gen_ai.provider.name":"openai")"));
        CHECK(holds(first, R"("gen_ai.request.model":"gpt-4o-mini")"));
        CHECK(holds(first, R"("gen_ai.response.model":"gpt-4o-mini-2024-07-18")"));
        CHECK(holds(first, R"("gen_ai.usage.input_tokens":23)"));
        CHECK(holds(first, R"("gen_ai.usage.output_tokens":17)"));
        CHECK(holds(first, R"("gen_ai.response.finish_reasons":["stop"])"));
        CHECK(holds(first, R"("service.name":"hr-bot")"));
        CHECK(holds(first, R"("llm.audit.response.confidence":0.98)"));
        CHECK(holds(first, R"("gen_ai.operation.name":"chat")"));
    }
}

TEST_CASE("Every real OpenInference span file is one record") {
    fs::path folder = fs::path(LLMTRAIL_SAMPLES_DIR) / "otlp-openinference-span";
    if (!fs::exists(folder)) {
        return;
    }
    size_t files = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        CAPTURE(entry.path().string());
        auto records = read_records(lines_of(entry.path())[0]);
        REQUIRE(records.size() == 1);
        CHECK(holds(records[0], R"("event.kind":"inference")"));
        CHECK(holds(records[0], R"("event.provider":"otlp")"));
        bool failed = entry.path().string().find("bad-request") != std::string::npos ||
                      entry.path().string().find("unknown-model") != std::string::npos;
        CHECK(holds(records[0], R"("event.outcome":"failure")") == failed);
        ++files;
    }
    CHECK(files == 21);
}
