// Attributes of wrong types, of names that promise what they do not hold, and by the thousand.
#include <doctest/doctest.h>

#include "parsers/otel_aliases.h"
#include "parsers/otlp_alias_rows.h"
#include "parsers/otlp_value.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

std::string pair(std::string_view key, std::string_view value) {
    std::string out = R"({"key":")";
    return out.append(key).append(R"(","value":)").append(value).append("}");
}

std::string text(std::string_view key, std::string_view value) {
    return pair(key, R"({"stringValue":")" + std::string(value) + R"("})");
}

std::string span(std::string_view attributes, std::string_view more = "") {
    std::string out = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"s",)";
    out += R"("startTimeUnixNano":"1767312000000000000","attributes":[)";
    out.append(attributes).append("]").append(more).append("}]}]}]}");
    return out;
}

std::string first_record(const std::string& document) {
    auto records = read_records(document, "otlp");
    REQUIRE_FALSE(records.empty());
    return records[0];
}

// As AnyValue and not, each with a mark that must be found again.
constexpr std::string_view kOdd[] = {
    R"({"arrayValue":{"values":[{"stringValue":"marked"},{"intValue":"1"}]}})",
    R"({"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"marked"}}]}})",
    R"({"stringValue":{"inner":"marked"}})",
    R"({"arrayValue":"marked"})",
    R"({"strange":"marked"})",
    R"({"stringValue":"{\"k\":[\"marked\"]}"})",
    R"({"stringValue":"[{\"k\":\"marked\"},3,null]"})",
    R"({"stringValue":"marked {[ \" not JSON"})",
};

}  // namespace

TEST_CASE("No known name loses a value of a type it does not expect") {
    for (const otlp::AliasRow& row : otlp::kAliases) {
        for (std::string_view value : kOdd) {
            CAPTURE(row.name);
            CAPTURE(value);
            // Text-holding names take the word itself; the others keep it in unmapped.
            std::string escaped(value);
            CHECK(holds(first_record(span(pair(row.name, escaped))), "marked"));
        }
    }
}

TEST_CASE("Indexed names lose nothing, whatever follows the index") {
    for (std::string_view name :
         {"llm.input_messages.0", "llm.input_messages.x.message.role", "llm.output_messages.0.",
          "llm.input_messages.99999999999999999999.message.role", "gen_ai.prompt.0.content",
          "retrieval.documents.0.document.metadata", "retrieval.documents.0.document.id",
          "reranker.input_documents.3.document.id", "embedding.embeddings.0.embedding.text",
          "embedding.embeddings.0.other", "llm.tools.0.tool.json_schema", "llm.prompts.0.prompt",
          "llm.choices.0.completion.text", "traceloop.association.properties.user_id",
          "langfuse.trace.metadata.region", "gen_ai.usage.unheard_of", "gen_ai.guardian.name",
          "gen_ai.security.risk.score", "validator.name"}) {
        for (std::string_view value : kOdd) {
            CAPTURE(name);
            CAPTURE(value);
            CHECK(holds(first_record(span(pair(name, value))), "marked"));
        }
    }
}

TEST_CASE("Events lose nothing, whatever their attributes hold") {
    for (std::string_view name :
         {"exception", "gen_ai.choice", "gen_ai.user.message", "db.query.result",
          "gen_ai.security.finding", "gen_ai.content.prompt", "logprobs",
          "First Token Stream Event"}) {
        for (std::string_view value : kOdd) {
            CAPTURE(name);
            CAPTURE(value);
            for (std::string_view key :
                 {"message", "content", "exception.type", "logprobs", "db.query.result.metadata",
                  "gen_ai.security.risk.score"}) {
                CAPTURE(key);
                std::string event = R"(,"events":[{"name":")";
                event.append(name).append(R"(","attributes":[)").append(pair(key, value));
                event.append("]}]");
                CHECK(holds(first_record(span("", event)), "marked"));
            }
        }
    }
}

TEST_CASE("Log events of every name take any body") {
    for (std::string_view name :
         {"gen_ai.choice", "gen_ai.user.message", "gen_ai.tool.message", "gen_ai.evaluation.result",
          "gen_ai.client.inference.operation.details", "gen_ai.guardrail.result", "other"}) {
        for (std::string_view value : kOdd) {
            CAPTURE(name);
            CAPTURE(value);
            std::string document = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{)";
            document.append(R"("eventName":")").append(name).append(R"(","body":)").append(value);
            document.append("}]}]}]}");
            CHECK(holds(first_record(document), "marked"));
        }
    }
}

TEST_CASE("Ten thousand documents, findings and messages are read in one pass each") {
    constexpr int kMany = 10000;
    std::string documents = R"([)";
    std::string events = R"(,"events":[)";
    std::string messages;
    for (int i = 0; i < kMany; ++i) {
        std::string number = std::to_string(i);
        documents += i > 0 ? "," : "";
        documents += R"({\"id\":\"d)" + number + R"(\",\"metadata\":{\"source\":\"s\"}})";
        events += i > 0 ? "," : "";
        events += R"({"name":"gen_ai.security.finding","attributes":[)" +
                  text("gen_ai.security.risk.category", "c" + number) + "]}";
        messages += "," + text("llm.input_messages." + number + ".message.content", "m" + number);
    }
    documents += "]";
    events += "]";
    std::string record =
        first_record(span(text("gen_ai.retrieval.documents", documents) + messages, events));
    CHECK(holds(record, R"("llm.audit.data_sources.count":10000)"));
    CHECK(holds(record, R"("content":"m9999")"));
    CHECK(holds(record, R"("category":"c999")"));
}

TEST_CASE("A cut is told from a text that merely begins like JSON") {
    auto output = [](std::string_view value) {
        return first_record(span(text("gen_ai.operation.name", "chat") + "," +
                                 text("gen_ai.output.messages", value)));
    };
    std::string cut =
        output(R"([{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"It is\")");
    CHECK(holds(cut, R"("llm.audit.response.text":"It is")"));
    CHECK(holds(cut, R"("llm.audit.response.truncated":true)"));
    CHECK(holds(cut, R"("llm.audit.record.source_loss":["truncated"])"));
    std::string plain = output("[1] is the answer");
    CHECK(holds(plain, R"("llm.audit.response.text":"[1] is the answer")"));
    CHECK_FALSE(holds(plain, "truncated"));
    std::string whole = output(R"([{\"role\":\"assistant\",\"content\":\"It is.\"}])");
    CHECK(holds(whole, R"("llm.audit.response.text":"It is.")"));
    CHECK_FALSE(holds(whole, "truncated"));
}

TEST_CASE("A document with spans and log events gives records of both") {
    auto records = read_records(
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"s"}]}]}],)"
        R"("resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"up"}}]}]}]})");
    CHECK(records.size() == 2);
}

TEST_CASE("What a guardrail found and what was done about it stay apart") {
    auto guard = [](std::string_view verdict, std::string_view action) {
        return first_record(
            span(text("gen_ai.operation.name", "run_guardrail") + "," +
                 text("gen_ai.guardrail.component.name", "g") + "," +
                 text("gen_ai.guardrail.verdict.type", verdict) +
                 (action.empty() ? "" : "," + text("gen_ai.guardrail.action.type", action))));
    };
    CHECK(holds(guard("deny", "allow"), R"("verdict":"deny","action":"none")"));
    CHECK(holds(guard("deny", "allow"), R"("llm.audit.guardrail.blocked":false)"));
    CHECK(holds(guard("deny", "block"), R"("verdict":"deny","action":"block")"));
    CHECK(holds(guard("deny", "block"), R"("llm.audit.guardrail.blocked":true)"));
    CHECK(holds(guard("deny", ""), R"([{"name":"g","verdict":"deny"}])"));
    CHECK(holds(guard("unheard of", ""), R"([{"name":"g"}])"));
    CHECK(holds(guard("unheard of", ""),
                R"("attributes.gen_ai.guardrail.verdict.type":"unheard of")"));
}

TEST_CASE("Names of guardrails are known in all their generations") {
    using otlp::GuardFact;
    CHECK(otlp::guard_fact_of_attribute("gen_ai.guardian.name") == GuardFact::kName);
    CHECK(otlp::guard_fact_of_attribute("gen_ai.security.guardrail.name") == GuardFact::kName);
    CHECK(otlp::guard_fact_of_attribute("gen_ai.guardrail.component.name") == GuardFact::kName);
    CHECK(otlp::guard_fact_of_attribute("gen_ai.security.decision.type") == GuardFact::kVerdict);
    CHECK(otlp::guard_fact_of_attribute("gen_ai.guardrail.security.risk.score") ==
          GuardFact::kScore);
    CHECK(otlp::guard_fact_of_attribute("gen_ai.guardrail.unheard_of") == GuardFact::kNone);
    CHECK(otlp::guard_fact_of_attribute("name") == GuardFact::kNone);
}

TEST_CASE("Numbers and truths are read from texts, and from nothing else") {
    JsonTree tree;
    auto value = [&](std::string_view json) { return *tree.read(json, false); };
    CHECK(otlp::real(value(R"("0.5")")) == 0.5);
    CHECK_FALSE(otlp::real(value(R"("0.5 ")")));
    CHECK_FALSE(otlp::real(value(R"("inf")")));
    CHECK_FALSE(otlp::real(value("[1]")));
    CHECK(otlp::truth(value(R"("False")")) == false);
    CHECK(otlp::truth(value("true")) == true);
    CHECK_FALSE(otlp::truth(value(R"("yes")")));
}
