#include <doctest/doctest.h>

#include <string>

#include "bodies/openai.h"

using namespace llmtrail;

namespace {

// One answer read on its own.
struct Answer {
    explicit Answer(std::string_view json, bool stream = false) {
        auto body = tree.read(json, false);
        REQUIRE(body);
        stream ? read_openai_stream(*body, "response", false, scratch, record)
               : read_openai_response(*body, "response", scratch, record);
        finish();
    }

    void finish() {
        store_messages(scratch, record);
        scratch.unmapped.store(record);
    }

    JsonTree tree;
    BodyScratch scratch;
    AuditRecord record;
};

}  // namespace

TEST_CASE("Confidence is the exponent of the mean log probability over all tokens") {
    Answer answer(R"({"choices":[{"index":0,"message":{"role":"assistant","content":"ab"},
        "logprobs":{"content":[{"token":"a","logprob":-1.0},{"token":"b","logprob":0.0}]}}]})");
    REQUIRE(answer.record.real(Field::kResponseConfidence));
    CHECK(*answer.record.real(Field::kResponseConfidence) == doctest::Approx(0.60653066));
    CHECK(answer.record.text(Field::kResponseConfidenceMethod) == "mean_token_prob");
}

TEST_CASE("An answer without log probabilities has no confidence") {
    Answer answer(
        R"({"choices":[{"message":{"role":"assistant","content":"ab"},"logprobs":null}]})");
    CHECK_FALSE(answer.record.has(Field::kResponseConfidence));
}

TEST_CASE("Several answers are all in the text, and each in its message") {
    Answer answer(
        R"({"choices":[{"index":0,"message":{"role":"assistant","content":"one"},"finish_reason":"stop"},
        {"index":1,"message":{"role":"assistant","content":"two"},"finish_reason":"length"}]})");
    CHECK(answer.record.text(Field::kResponseText) == "one\ntwo");
    CHECK(answer.record.text(Field::kGenAiResponseFinishReasons) == R"(["stop","length"])");
    CHECK(answer.record.integer(Field::kGenAiResponseChoiceCount) == 2);
    CHECK_FALSE(answer.record.has(Field::kUnmapped));
}

TEST_CASE("Deltas of interleaved choices go to their own choice") {
    Answer answer(
        R"([{"choices":[{"index":1,"delta":{"content":"x"}}]},{"choices":[{"index":0,"delta":{"content":"a"}}]},
        {"choices":[{"index":1,"delta":{"content":"y"}},{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}])",
        true);
    CHECK(answer.record.text(Field::kResponseText) == "xy\nab");
    CHECK_FALSE(answer.record.has(Field::kRecordFlags));
}

TEST_CASE("A stream without an end is flagged, and more choices than any API gives stay bounded") {
    std::string chunks = "[";
    for (int i = 0; i < 3000; ++i) {
        chunks += i > 0 ? "," : "";
        chunks += R"({"choices":[{"index":)" + std::to_string(i) + R"(,"delta":{"content":"z"}}]})";
    }
    Answer answer(chunks + "]", true);
    CHECK(answer.record.text(Field::kRecordFlags).find("incomplete_stream") !=
          std::string_view::npos);
    CHECK(answer.record.integer(Field::kGenAiResponseChoiceCount) == 128);
    CHECK(answer.record.text(Field::kUnmapped)
              .find("\"response.2999.choices.0.delta.content\":\"z\"") != std::string_view::npos);
}

TEST_CASE("Usage that counts up from chunk to chunk is that of the last chunk") {
    Answer answer(
        R"([{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}},
        {"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}])",
        true);
    CHECK(answer.record.integer(Field::kGenAiUsageOutputTokens) == 2);
    CHECK(answer.record.integer(Field::kGenAiUsageInputTokens) == 5);
}

TEST_CASE("A finish reason content_filter is a block, once") {
    Answer plain(
        R"({"choices":[{"message":{"role":"assistant","content":""},"finish_reason":"content_filter"}]})");
    CHECK(plain.record.boolean(Field::kGuardrailBlocked) == true);
    Answer named(
        R"({"choices":[{"message":{"role":"assistant","content":""},"finish_reason":"content_filter",
        "content_filter_results":{"hate":{"filtered":true,"severity":"high"}}}]})");
    CHECK(named.scratch.guardrails.count() == 1);
    CHECK(named.record.text(Field::kGuardrailCategories) == R"(["hate"])");
    CHECK(named.record.real(Field::kResponseToxicity) == 1.0);
}

TEST_CASE("What was filtered below the threshold or only detected blocks nothing") {
    Answer answer(
        R"({"choices":[{"message":{"role":"assistant","content":"t"},"content_filter_results":
        {"violence":{"filtered":false,"severity":"medium"},"jailbreak":{"filtered":false,"detected":true}}}]})");
    CHECK(answer.record.boolean(Field::kGuardrailTriggered) == true);
    CHECK(answer.record.boolean(Field::kGuardrailBlocked) == false);
    CHECK(answer.record.text(Field::kGuardrailCategories) == R"(["jailbreak"])");
}

TEST_CASE("Members of a type that no field can hold are kept where they were") {
    Answer answer(R"({"id":{"a":1},"model":["m"],"choices":"none","usage":7,"error":null})");
    CHECK(
        answer.record.text(Field::kUnmapped) ==
        R"({"response.id.a":1,"response.model.0":"m","response.choices":"none","response.usage":7})");
}

TEST_CASE("Vectors are counted and measured, whether numbers or base64") {
    Answer numbers(
        R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,2,3]}]})");
    CHECK(numbers.record.integer(Field::kGenAiEmbeddingsDimensionCount) == 3);
    Answer base64(
        R"({"object":"list","data":[{"index":0,"embedding":"AACAPwAAAEA="},{"index":1,"embedding":"AACAPwAAAEA="}]})");
    CHECK(base64.record.integer(Field::kGenAiEmbeddingsDimensionCount) == 2);
    CHECK(base64.record.integer(Field::kGenAiEmbeddingsCount) == 2);
}

TEST_CASE("An error gives type, code and message, and fails the call") {
    Answer answer(R"({"error":{"message":"m","type":"t","code":"c","param":"p"}})");
    CHECK(answer.record.text(Field::kErrorType) == "t");
    CHECK(answer.record.text(Field::kErrorCode) == "c");
    CHECK(answer.record.text(Field::kErrorMessage) == "m");
    CHECK(answer.record.text(Field::kEventOutcome) == "failure");
    CHECK(answer.record.text(Field::kUnmapped) == R"({"response.error.param":"p"})");
    Answer text(R"({"error":"no such model"})");
    CHECK(text.record.text(Field::kErrorMessage) == "no such model");
}

TEST_CASE("A call is described by its path, else by its bodies") {
    JsonTree tree;
    auto request = tree.read(R"({"input":"x","model":"text-embedding-3-small"})", false);
    REQUIRE(request);
    AuditRecord record;
    CHECK(describe_openai_call("/v1/embeddings", {}, {}, record));
    CHECK(record.text(Field::kGenAiOperationName) == "embeddings");
    record.clear();
    CHECK(describe_openai_call("", *request, {}, record));
    CHECK(record.text(Field::kEventAction) == "embeddings");
    record.clear();
    CHECK_FALSE(describe_openai_call("/v1/models", {}, {}, record));
    CHECK_FALSE(record.has(Field::kEventKind));
}
