#include "bodies/gemini.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "json_tree/json_tree.h"
#include "record/audit_record.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

using Reader = std::function<void(JsonValue, std::string_view, BodyScratch&, AuditRecord&)>;

// The record one reader makes of one body that stands at path "b".
std::string read_with(const Reader& reader, std::string_view json,
                      std::string_view provider = "gcp.vertex_ai") {
    JsonTree tree;
    auto body = tree.read(json, false);
    REQUIRE(body);
    BodyScratch scratch;
    scratch.clear();
    AuditRecord record;
    record.set_text(Field::kGenAiProviderName, provider);
    reader(*body, "b", scratch, record);
    store_messages(scratch, record);
    scratch.unmapped.store(record);
    std::string out;
    append_record_json(out, record, "");
    JsonTree check;
    CHECK(check.read(out, false));
    return out;
}

const Reader kAllReaders[] = {read_gemini_request,   read_gemini_response,    read_gemini_stream,
                              read_predict_instance, read_predict_prediction, read_google_error};

}  // namespace

TEST_CASE("Names of Gemini's members are one name in camel case, snake case and any other") {
    for (
        std::string_view body :
        {R"({"generationConfig":{"maxOutputTokens":5},"systemInstruction":{"parts":[{"text":"s"}]}})",
         R"({"generation_config":{"max_output_tokens":5},"system_instruction":{"parts":[{"text":"s"}]}})",
         R"({"GenerationConfig":{"MaxOutputTokens":5},"SYSTEM_INSTRUCTION":{"Parts":[{"Text":"s"}]}})"}) {
        CAPTURE(body);
        std::string record = read_with(read_gemini_request, body);
        CHECK(holds(record, R"("gen_ai.request.max_tokens":5)"));
        CHECK(holds(record, R"("gen_ai.system_instructions":[{"type":"text","content":"s"}])"));
        CHECK_FALSE(holds(record, "unmapped"));
    }
}

TEST_CASE("The numbers of enums mean what the API that was called says") {
    std::string_view body = R"({"candidates":[{"finishReason":7,"content":{"parts":[]}}]})";
    std::string vertex = read_with(read_gemini_response, body, "gcp.vertex_ai");
    CHECK(holds(vertex, R"("category":"PROHIBITED_CONTENT")"));
    std::string gemini = read_with(read_gemini_response, body, "gcp.gemini");
    CHECK(holds(gemini, R"("category":"BLOCKLIST")"));
    for (const std::string& record : {vertex, gemini}) {
        CHECK(holds(record, R"("llm.audit.finish_reason.raw":["7"])"));
        CHECK(holds(record, R"("gen_ai.response.finish_reasons":["content_filter"])"));
        CHECK(holds(record, R"("llm.audit.guardrail.blocked":true)"));
    }
}

TEST_CASE("A rating that only warns blocks nothing") {
    std::string record = read_with(
        read_gemini_response,
        R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP",)"
        R"("safetyRatings":[{"category":"HARM_CATEGORY_VIOLENCE","probability":"HIGH","probabilityScore":0.8}]}]})");
    CHECK(holds(record, R"("verdict":"warn","action":"none")"));
    CHECK(holds(record, R"("llm.audit.guardrail.triggered":true)"));
    CHECK(holds(record, R"("llm.audit.guardrail.blocked":false)"));
    CHECK(holds(record, R"("llm.audit.response.toxicity":0.8)"));
    CHECK(holds(record, R"("llm.audit.response.toxicity.method":"provider_score")"));
}

TEST_CASE("Toxicity is never made of a score beyond 0 to 1 or of another category") {
    std::string record = read_with(
        read_gemini_response,
        R"({"candidates":[{"safetyRatings":[{"category":"HARM_CATEGORY_HATE_SPEECH","probabilityScore":7},)"
        R"({"category":"HARM_CATEGORY_DANGEROUS_CONTENT","probabilityScore":0.5}]}]})");
    CHECK_FALSE(holds(record, "toxicity"));
}

TEST_CASE("Pieces of a candidate are one text, whatever its place among the chunks") {
    std::string record = read_with(
        read_gemini_stream,
        R"([{"candidates":[{"index":1,"content":{"parts":[{"text":"b1"}]}},{"index":0,"content":{"parts":[{"text":"a1"}]}}]},)"
        R"({"candidates":[{"index":0,"content":{"parts":[{"text":"a2"}]},"finishReason":"STOP"}]},)"
        R"({"candidates":[{"index":1,"content":{"parts":[{"text":"b2"}]},"finishReason":"MAX_TOKENS"}]}])");
    CHECK(holds(record, R"("llm.audit.response.text":"a1a2\nb1b2")"));
    CHECK(holds(record, R"("gen_ai.response.finish_reasons":["stop","length"])"));
    CHECK_FALSE(holds(record, "incomplete_stream"));
}

TEST_CASE("Of the counters that a stream repeats the last ones count, thoughts with the answer") {
    std::string record = read_with(
        read_gemini_stream,
        R"([{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":1,"totalTokenCount":5}},)"
        R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"candidatesTokenCount":3,"thoughtsTokenCount":10,"totalTokenCount":17}}])");
    CHECK(holds(record, R"("gen_ai.usage.input_tokens":4)"));
    CHECK(holds(record, R"("gen_ai.usage.output_tokens":13)"));
    CHECK(holds(record, R"("gen_ai.usage.total_tokens":17)"));
    CHECK(holds(record, R"("gen_ai.usage.reasoning.output_tokens":10)"));
    CHECK(holds(record, R"("llm.audit.usage.details":{"candidatesTokenCount":3})"));
}

TEST_CASE("Confidence is the probability of the tokens before the scores of the sources") {
    std::string_view grounding =
        R"("groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.com"}}],)"
        R"("groundingSupports":[{"groundingChunkIndices":[0],"confidenceScores":[0.5]}]})";
    std::string of_tokens =
        read_with(read_gemini_response, std::string(R"({"candidates":[{"avgLogprobs":0,)") +
                                            std::string(grounding) + "}]}");
    CHECK(holds(of_tokens, R"("llm.audit.response.confidence.method":"mean_token_prob")"));
    std::string of_sources = read_with(
        read_gemini_response, std::string(R"({"candidates":[{)") + std::string(grounding) + "}]}");
    CHECK(holds(of_sources, R"("llm.audit.response.confidence":0.5)"));
    CHECK(holds(of_sources, R"("llm.audit.response.confidence.method":"grounding_score")"));
    CHECK(holds(of_sources, R"("score":0.5)"));
}

TEST_CASE("Scores and indexes of supports that do not fit each other are no scores") {
    std::string record = read_with(
        read_gemini_response,
        R"({"candidates":[{"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u"}}],"groundingSupports":)"
        R"([{"groundingChunkIndices":[0,9999999,-1,"x"],"confidenceScores":[2,0.5]},{"confidenceScores":[0.1]},7]}}]})");
    CHECK(holds(record, R"("uri":"u"})"));
    CHECK(holds(record, R"("llm.audit.response.confidence":0.5)"));
}

TEST_CASE("A model's name is what stands after its collection") {
    CHECK(google_model_name("models/gemini-2.5-flash") == "gemini-2.5-flash");
    CHECK(google_model_name("projects/p/locations/l/publishers/google/models/gemini-2.5-pro:x") ==
          "gemini-2.5-pro");
    CHECK(google_model_name("projects/p/locations/l/endpoints/42") == "42");
    CHECK(google_model_name("gemini-2.5-pro").empty());
    CHECK(google_model_name("mymodels/a").empty());
    CHECK(google_model_name("").empty());
}

TEST_CASE("Gemini's readers take any JSON and lose no leaf of it") {
    constexpr std::string_view kShapes[] = {
        R"(null)",
        R"("text")",
        R"(7)",
        R"([])",
        R"([1,"a",null,[2]])",
        R"({"contents":7,"systemInstruction":[1],"generationConfig":"x","tools":3,"labels":[1],"model":5})",
        R"({"contents":[7,{"parts":[7,{"text":5},{"functionCall":"x"},{"inlineData":{"data":1}},{}]},{"role":3}]})",
        R"({"candidates":{"a":1}})",
        R"({"candidates":[7,{"content":"t","finishReason":{},"safetyRatings":[1,{"category":{},"probability":[]}],"groundingMetadata":[],"citationMetadata":3,"avgLogprobs":"x","logprobsResult":3,"index":"a"}]})",
        R"({"promptFeedback":{"blockReason":{},"safetyRatings":3},"usageMetadata":[1]})",
        R"({"usageMetadata":{"promptTokenCount":-1,"candidatesTokenCount":9223372036854775807,"thoughtsTokenCount":9223372036854775807}})",
        R"({"error":[1]})",
        R"({"error":{"code":{},"message":[1],"status":5}})",
        R"({"embeddings":[1,{"values":3}],"predictions":[1,{"embeddings":[]}],"metadata":{"tokenMetadata":3}})",
        R"({"instances":[1,[2],{"messages":[3,{"role":4}],"prompt":{}}],"requests":[1],"parameters":3})",
        R"({"input":[1,{"type":"text","text":5}],"model":"m","generation_config":3})",
        R"([{"event_type":"step.delta","index":"x","delta":{"type":"text"}},7,{"interaction":{"usage":3,"outputs":[1]}}])",
    };
    for (const Reader& reader : kAllReaders) {
        for (std::string_view shape : kShapes) {
            CAPTURE(shape);
            read_with(reader, shape);
        }
    }
}

TEST_CASE("Ten thousand candidates, parts and ratings are read in time and within bounds") {
    constexpr int kMany = 10000;
    std::string candidates = R"({"candidates":[)";
    std::string parts = R"({"candidates":[{"finishReason":"STOP","content":{"parts":[)";
    std::string ratings = R"({"candidates":[{"safetyRatings":[)";
    for (int i = 0; i < kMany; ++i) {
        std::string comma = i == 0 ? "" : ",";
        candidates += comma + R"({"index":)" + std::to_string(i) + R"(,"finishReason":"A)" +
                      std::to_string(i) + R"("})";
        parts += comma + R"({"text":"x"})";
        ratings += comma + R"({"category":"C","probability":"HIGH"})";
    }
    CHECK(
        holds(read_with(read_gemini_response, candidates + "]}"), "b.candidates.64.finishReason"));
    CHECK(holds(read_with(read_gemini_response, parts + "]}}]}"),
                R"("llm.audit.response.bytes":10000)"));
    CHECK(holds(read_with(read_gemini_response, ratings + "]}]}"), R"("category":"C")"));
}
