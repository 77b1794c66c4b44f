// Counts every leaf of the sample documents: each has to be where the tables of this folder say
// (README.md).
#include <doctest/doctest.h>

#include "leaf_counter.h"
#include "record/field_catalog.h"
#include "sample_run.h"

namespace llmtrail::coverage {

namespace {

constexpr const char* kTables[] = {
    "exchange",        "otlp",         "bedrock",      "cloudtrail",
    "gemini",          "m365_copilot", "openai_audit", "anthropic_activity",
    "litellm",         "anthropic",    "cohere",       "mistral",
    "ollama",          "bedrock_http", "langsmith",    "langfuse",
    "langfuse_export", "tgi",          "json",         "kong"};
constexpr size_t kRowsMin = 12;

}  // namespace

TEST_CASE("every row of the tables names catalogue fields, known comparisons and its reason") {
    std::vector<std::string> problems;
    auto maps = ValueMaps::load(table_file("values"), problems);
    for (const char* name : kTables) {
        auto table = MappingTable::load(table_file(name), problems);
        CHECK_MESSAGE(table.rows().size() >= kRowsMin, std::string(name));
        for (const Row& row : table.rows()) {
            for (const Target& target : row.targets) {
                if (target.field != "dropped" && target.field != "unmapped" &&
                    target.field != "anywhere" && !known_kind(target.kind, maps)) {
                    problems.push_back(std::string(name) + ": " + row.path + ": no comparison " +
                                       target.kind);
                }
            }
        }
    }
    for (const char* name : kTables) {
        for (const std::string& field : derived_fields(name)) {
            CHECK_MESSAGE(field_by_name(field), std::string(field));
        }
    }
    for (const std::string& problem : problems) {
        FAIL_CHECK(problem);
    }
}

TEST_CASE("an empty record disagrees with every leaf that a field should hold") {
    const std::string document =
        R"({"ts":"2026-01-02T03:04:05Z","status":200,"user_agent":"x/1",)"
        R"("request":{"model":"m-1","temperature":0.5,"messages":[{"role":"user","content":"hello"}]},)"
        R"("response":{"id":"r-1","usage":{"prompt_tokens":0,"total_tokens":3},)"
        R"("choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"{\"a\":1}"}}]}})";
    std::vector<std::string> problems;
    auto table = MappingTable::load(table_file("exchange"), problems);
    auto maps = ValueMaps::load(table_file("values"), problems);
    Totals totals;
    LeafCounter counter(table, maps, totals);
    auto source = walk_source(SourceFormat::kExchange, document);
    REQUIRE(source.size() == 1);
    counter.compare(source[0], AuditRecord(), "empty");
    CHECK(totals.leaves == 13);
    CHECK(totals.missing == totals.leaves);
}

TEST_CASE("every leaf of the recorded OpenAI exchanges is in the record") {
    count_samples(
        SourceFormat::kExchange, "exchange",
        {"http-openai/openai-exchanges.jsonl", "http-azure-openai/azure-openai-exchanges.jsonl",
         "http-groq/groq-exchanges.jsonl", "generated-npm/raw-openai-exchange.jsonl"});
}

TEST_CASE("every leaf of the OpenTelemetry documents is in the records") {
    count_samples(
        SourceFormat::kOtlp, "otlp",
        {"generated-npm/otlp-langfuse4-traces.jsonl", "generated-npm/otlp-official-logs.jsonl",
         "generated-npm/otlp-official-traces.jsonl",
         "generated-npm/otlp-openinference-traces.jsonl",
         "generated-npm/otlp-traceloop-traces.jsonl", "otlp-openinference-span/*.json"});
}

TEST_CASE("every leaf of the Bedrock invocation logs is in the record") {
    count_samples(SourceFormat::kPlain, "bedrock",
                  {"bedrock-invocation-derived/records.jsonl",
                   "panther-aws-bedrockmodelinvocation/records.jsonl"});
}

TEST_CASE("every leaf of the CloudTrail events is in the record") {
    count_samples(SourceFormat::kPlain, "cloudtrail",
                  {"panther-aws-cloudtrail-bedrock/records.jsonl"});
}

TEST_CASE("every leaf of the Microsoft 365 Copilot record is in the record") {
    count_samples(SourceFormat::kPlain, "m365_copilot", {"m365-copilot/*.json"});
}

TEST_CASE("every leaf of the recorded Gemini exchanges is in the record") {
    count_samples(SourceFormat::kExchange, "gemini",
                  {"http-gemini-vertex/gemini-vertex-exchanges.jsonl"});
}

TEST_CASE("every leaf of the LiteLLM payload is in the record") {
    count_samples(SourceFormat::kPlain, "litellm", {"litellm/standard_logging_payload.json"});
}

TEST_CASE("every leaf of OpenAI's audit log is in the records") {
    count_samples(SourceFormat::kPlain, "openai_audit", {"panther-openai-audit/records.jsonl"});
}

TEST_CASE("every leaf of Anthropic's activities is in the records") {
    count_samples(SourceFormat::kPlain, "anthropic_activity",
                  {"panther-anthropic-activity/records.jsonl"});
}

TEST_CASE("every leaf of the recorded Anthropic exchanges is in the record") {
    count_samples(SourceFormat::kExchange, "anthropic",
                  {"http-anthropic/anthropic-exchanges.jsonl"});
}

TEST_CASE("every leaf of the recorded Cohere exchanges is in the record") {
    count_samples(SourceFormat::kExchange, "cohere", {"http-cohere/cohere-exchanges.jsonl"});
}

TEST_CASE("every leaf of the recorded Mistral exchanges is in the record") {
    count_samples(SourceFormat::kExchange, "mistral", {"http-mistral/mistral-exchanges.jsonl"});
}

TEST_CASE("every leaf of the recorded Ollama exchanges is in the record") {
    count_samples(SourceFormat::kExchange, "ollama", {"http-ollama/ollama-exchanges.jsonl"});
}

TEST_CASE("every leaf of the recorded Bedrock exchanges is in the record") {
    count_samples(SourceFormat::kExchange, "bedrock_http",
                  {"http-bedrock/bedrock-exchanges.jsonl"});
}

TEST_CASE("every leaf of the LangSmith runs is in the records") {
    count_samples(SourceFormat::kLangsmith, "langsmith",
                  {"generated-npm/langsmith-raw.jsonl", "langsmith-run-fixtures/*.json"});
}

TEST_CASE("every leaf of the Langfuse batches is in the records") {
    count_samples(SourceFormat::kLangfuse, "langfuse",
                  {"generated-npm/langfuse-ingestion.jsonl", "langfuse-ingestion-litellm/*.json"});
}

TEST_CASE("every leaf of the Langfuse traces is in the records") {
    count_samples(SourceFormat::kLangfuse, "langfuse_export", {"langfuse-export/*.trace.json"});
}

TEST_CASE("every leaf of the answers of Text Generation Inference is in the records") {
    count_samples(SourceFormat::kBody, "tgi", {"tgi-response-snapshots/*.json"});
}

TEST_CASE("every leaf of the bodies that Kong's gateway handles is in the records") {
    count_samples(SourceFormat::kBody, "kong", {"kong-ai-proxy-fixtures/*.json"});
}

TEST_CASE("every leaf of the audit entries of no known format is in the record") {
    count_samples(SourceFormat::kPlain, "json", {"panther-github-audit/records.jsonl"});
}

}  // namespace llmtrail::coverage
