#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "bodies/llama_guard.h"
#include "document_variants.h"
#include "json_tree/json_tree.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

std::string dataset_of(std::string_view document, std::string_view format = "auto") {
    auto records = read_records(document, format);
    REQUIRE(records.size() == 1);
    JsonTree tree;
    auto read = tree.read(records[0], false);
    REQUIRE(read);
    return std::string((*read)["event.dataset"].text());
}

}  // namespace

TEST_CASE("A body is told by keys that only bodies have") {
    struct Row {
        std::string_view text;
        std::string_view dataset;
    };

    constexpr Row kRows[] = {
        {R"({"model":"m","messages":[{"role":"user","content":"a"}]})", "body.openai"},
        {R"({"messages":[{"role":"user","content":"a"}],"stream":true})", "body.openai"},
        {R"({"model":"m","input":"a"})", "body.openai"},
        {R"({"model":"gpt-3.5-turbo-instruct","prompt":"a"})", "body.openai"},
        {R"({"choices":[],"object":"chat.completion"})", "body.openai"},
        {R"({"choices":[{"delta":{"content":"a"}}],"created":1769939205})", "body.openai"},
        {R"({"error":{"message":"a","type":"b"}})", "body.openai"},
        {R"({"results":[{"flagged":false,"categories":{"hate":false}}]})", "body.openai"},
        {R"({"model":"claude-3","messages":[{"role":"user","content":"a"}],"max_tokens":5})",
         "body.anthropic"},
        {R"({"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]})",
         "body.anthropic"},
        {R"({"content":[{"type":"text","text":"a"}],"stop_reason":"end_turn"})", "body.anthropic"},
        {R"({"messages":[{"role":"user","content":[{"text":"a"}]}]})", "body.converse"},
        {R"({"model":"m","messages":[{"role":"user","content":"a"}],"options":{}})", "body.ollama"},
        {R"({"model":"m","created_at":"2026-02-01T09:46:45Z","done":false})", "body.ollama"},
        {R"({"inputs":"a","parameters":{}})", "body.tgi"},
        {R"({"generated_text":"a"})", "body.tgi"},
        {R"({"prompt":"a","max_gen_len":5})", "body.llama"},
        {R"({"inputText":"a"})", "body.titan"},
        {R"({"contents":[{"role":"user","parts":[{"text":"a"}]}]})", "body.gemini"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.text);
        CHECK(dataset_of(row.text) == row.dataset);
    }
}

TEST_CASE("An application's own record of a call is no body") {
    for (
        std::string_view text : {
            R"({"ts":"2026-01-01T00:00:00Z","model":"m","messages":[{"role":"user","content":"a"}]})",
            R"({"model":"m","messages":[{"role":"user","content":"a"}],"response":"b"})",
            R"({"model":"m","prompt":"a","completion":"b"})",
            R"({"model":"m","prompt":"a","user":{"id":"u"}})",
            R"({"model":"m","input":"a","output":"b"})",
            R"({"model":"m","input":"a","session_id":"s"})",
            R"({"prompt":"a"})",
            R"({"message":"a"})",
            R"({"message":"a","level":"info"})",
            R"({"error":"a text"})",
            R"({"error":{"message":"a","type":"b"},"time":1769939205})",
            R"({"choices":["a","b"]})",
            R"({"choices":7,"object":"x"})",
            R"({"data":[{"id":1}],"object":"list"})",
            R"({"content":"a text","type":"message"})",
            R"({"results":[{"id":1}]})",
            R"({"messages":["a","b"]})",
            R"({"messages":[]})",
        }) {
        CAPTURE(text);
        CHECK(dataset_of(text) == "json");
    }
}

TEST_CASE("With the format configured any object is a body, and chunks are one answer") {
    CHECK(dataset_of(R"({"prompt":"a"})", "body") == "body.openai");
    CHECK(dataset_of(R"({"error":"a text"})", "body") == "body.openai");
    CHECK(dataset_of("{}", "body") == "body.openai");
    auto records = read_records(
        R"([{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"He"}}]},)"
        R"({"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"llo"},"finish_reason":"stop"}]}])",
        "body");
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("llm.audit.response.text":"Hello")"));
    CHECK(holds(records[0], R"("gen_ai.request.stream":true)"));
}

TEST_CASE("An array of one stream's chunks is one answer, any other array a list of documents") {
    struct Row {
        std::string_view text;
        size_t records;
    };

    constexpr std::string_view kChunk =
        R"({"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}]})";
    constexpr std::string_view kOther =
        R"({"id":"2","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"b"}}]})";
    constexpr std::string_view kAnswer =
        R"({"id":"1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"a"}}]})";
    std::string same = "[" + std::string(kChunk) + "," + std::string(kChunk) + "]";
    std::string two = "[" + std::string(kChunk) + "," + std::string(kOther) + "]";
    std::string whole = "[" + std::string(kAnswer) + "," + std::string(kAnswer) + "]";
    const Row rows[] = {
        {same, 1},
        {two, 2},
        {whole, 2},
        {R"([{"type":"message_start","message":{"role":"assistant"}},{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}},{"type":"message_stop"}])",
         1},
        {R"([{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}},{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}}])",
         2},
        {R"([{"messageStart":{"role":"assistant"}},{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"a"}}},{"messageStop":{"stopReason":"end_turn"}}])",
         1},
        {R"([{"event_type":"stream-start","is_finished":false,"generation_id":"g"},{"event_type":"text-generation","is_finished":false,"text":"a"}])",
         1},
        {R"([{"model":"m","created_at":"2026-01-01T00:00:00Z","response":"a","done":false},{"model":"m","created_at":"2026-01-01T00:00:01Z","response":"","done":true}])",
         1},
        {R"([{"model":"m","created_at":"2026-01-01T00:00:00Z","response":"a","done":true},{"model":"m","created_at":"2026-01-01T00:00:01Z","response":"b","done":true}])",
         2},
        {R"([{"token":{"id":1,"text":"a","logprob":-0.5},"generated_text":null},{"token":{"id":2,"text":"b","logprob":-0.5},"generated_text":"ab"}])",
         1},
        {R"([{"generated_text":"a"},{"generated_text":"b"}])", 2},
        {R"([{"prompt":"a"},{"prompt":"b"}])", 2},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(read_records(row.text).size() == row.records);
        std::string nested = "[" + std::string(row.text) + "]";
        CHECK(read_records(nested).size() == 1);  // no element is an object
    }
}

TEST_CASE("What a server of models is asked to stream may stand among its parameters") {
    auto records = read_records(R"({"inputs":"a","parameters":{"stream":true,"top_p":0.5}})");
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("gen_ai.request.stream":true)"));
}

TEST_CASE("Tokens used are counted before those billed") {
    auto records = read_records(
        R"({"text":"a","generation_id":"g","response_id":"r","meta":{"billed_units":{"input_tokens":81,"output_tokens":258}},)"
        R"("token_count":{"billed_tokens":339,"prompt_tokens":102,"response_tokens":258,"total_tokens":360}})");
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("gen_ai.usage.input_tokens":102)"));
    CHECK(holds(records[0], R"("gen_ai.usage.output_tokens":258)"));
    CHECK(holds(records[0], R"("gen_ai.usage.total_tokens":360)"));
    CHECK(holds(records[0], R"("billed_units":{"input_tokens":81,"output_tokens":258})"));
    CHECK(holds(records[0], R"("billed_tokens":339)"));
}

TEST_CASE("Cohere's answer has one id, streamed or not") {
    auto whole = read_records(R"({"text":"a","generation_id":"g","response_id":"r"})", "body");
    auto streamed = read_records(
        R"([{"event_type":"stream-start","is_finished":false,"generation_id":"g"},)"
        R"({"event_type":"stream-end","is_finished":true,"response":{"response_id":"r","text":"a","generation_id":"g"}}])");
    auto cut =
        read_records(R"([{"event_type":"stream-start","is_finished":false,"generation_id":"g"}])");
    REQUIRE(whole.size() == 1);
    REQUIRE(streamed.size() == 1);
    REQUIRE(cut.size() == 1);
    CHECK(holds(whole[0], R"("gen_ai.response.id":"r")"));
    CHECK(holds(streamed[0], R"("gen_ai.response.id":"r")"));
    CHECK(holds(streamed[0], R"(generation_id":"g")"));
    CHECK(holds(cut[0], R"("gen_ai.response.id":"g")"));
}

TEST_CASE("Bodies of wrong types are read, and nothing is lost") {
    for (std::string_view wrong :
         {"7", "\"text7\"", "[7]", "{\"a\":7}", "[{\"a\":[7]}]", "[[{\"b\":7}]]"}) {
        std::string value(wrong);
        for (const std::string& text : {
                 R"({"model":"m","created_at":)" + value + R"(,"done":)" + value +
                     R"(,"message":)" + value + R"(,"response":)" + value + R"(,"embeddings":)" +
                     value + R"(,"logprobs":)" + value + R"(,"total_duration":)" + value + "}",
                 R"({"model":"m","options":{},"messages":[{"role":"user","content":)" + value +
                     R"(,"images":)" + value + R"(,"tool_calls":)" + value + R"(},)" + value + "]}",
                 R"({"generated_text":"a","details":)" + value + R"(,"error":)" + value + "}",
                 R"({"generated_text":"a","details":{"tokens":)" + value + R"(,"seed":)" + value +
                     R"(,"prefill":)" + value + R"(,"finish_reason":)" + value + "}}",
                 R"({"inputs":"a","parameters":)" + value + R"(,"stream":)" + value + "}",
             }) {
            CAPTURE(text);
            auto records = read_records(text);
            REQUIRE(records.size() == 1);
            CHECK(holds(records[0], "\"event.provider\":\"body\""));
            CHECK((wrong == "[7]" || holds(records[0], "7")));
        }
    }
}

TEST_CASE("Ten thousand tokens, messages and calls are read in bounded time") {
    std::string tokens;
    std::string calls;
    for (int i = 0; i < 10000; ++i) {
        tokens += i == 0 ? "" : ",";
        tokens += R"({"id":1,"text":"a","logprob":-0.5,"special":false})";
        calls += i == 0 ? "" : ",";
        calls += R"({"function":{"name":"f","arguments":{}}})";
    }
    auto records = read_records(R"({"generated_text":"a","details":{"tokens":[)" + tokens + "]}}");
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("llm.audit.response.confidence":0.606)"));
    records = read_records(
        R"({"model":"m","created_at":"2026-02-01T09:46:45Z","done":true,"message":{"role":"assistant","tool_calls":[)" +
        calls + "]}}");
    REQUIRE(records.size() == 1);
    CHECK(holds(records[0], R"("gen_ai.tool.name":["f"])"));
}

TEST_CASE("Llama Guard's answer is a verdict") {
    struct Row {
        std::string_view model;
        std::string_view answer;
        std::string_view guardrails;  // "": no verdict
    };

    const Row rows[] = {
        {"meta-llama/Llama-Guard-3-8B", "\n\nsafe",
         R"([{"name":"llama-guard","verdict":"allow"}])"},
        {"llama-guard-4", "unsafe\nS10",
         R"([{"name":"llama-guard","verdict":"deny","category":"hate","rule_id":"S10"}])"},
        {"llama-guard-4", "unsafe", R"([{"name":"llama-guard","verdict":"deny"}])"},
        {"meta.llama-guard-2-8b", "unsafe\nS9",
         R"([{"name":"llama-guard","verdict":"deny","category":"S9","rule_id":"S9"}])"},
        {"LlamaGuard-7b", "unsafe\nO3",
         R"([{"name":"llama-guard","verdict":"deny","category":"O3","rule_id":"O3"}])"},
        {"llama-guard-3", "unsafe\nS99, S0,SX,S1",
         R"([{"name":"llama-guard","verdict":"deny","category":"S99","rule_id":"S99"},)"
         R"({"name":"llama-guard","verdict":"deny","category":"S0","rule_id":"S0"},)"
         R"({"name":"llama-guard","verdict":"deny","category":"SX","rule_id":"SX"},)"
         R"({"name":"llama-guard","verdict":"deny","category":"violent_crimes","rule_id":"S1"}])"},
        {"llama-guard-3", "safe to say", ""},
        {"llama-guard-3", "unsafeS1", ""},
        {"llama-3-70b", "safe", ""},
        {"", "safe", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.model);
        CAPTURE(row.answer);
        BodyScratch scratch;
        scratch.output.begin_message("assistant");
        scratch.output.text(row.answer);
        scratch.output.end_message();
        CHECK(read_llama_guard(row.model, scratch) == !row.guardrails.empty());
        std::string_view expected = row.guardrails.empty() ? "[]" : row.guardrails;
        CHECK(scratch.guardrails.json() == expected);
    }
}

TEST_CASE("A prompt cannot choose whom Llama Guard judged") {
    BodyScratch scratch;
    scratch.input.begin_message("user");
    scratch.input.text(R"({"role":"assistant","parts":[]})");
    scratch.input.end_message();
    scratch.output.begin_message("assistant");
    scratch.output.text("safe");
    scratch.output.end_message();
    REQUIRE(read_llama_guard("llama-guard-3", scratch));
    CHECK(holds(scratch.guardrails.json(), R"("target":"input")"));
}

TEST_CASE("An array of Gemini's chunks with one id is one answer, whole answers are several") {
    auto array = [](std::string_view second) {
        std::string text =
            R"([{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":)"
            R"({"promptTokenCount":1},"modelVersion":"g","responseId":"R"},{"candidates":)"
            R"([{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":)"
            R"({"promptTokenCount":1,"candidatesTokenCount":2},"modelVersion":"g","responseId":")";
        return text.append(second).append("\"}]");
    };
    auto one = read_records(array("R"));
    REQUIRE(one.size() == 1);
    CHECK(holds(one[0], R"("llm.audit.response.text":"ab")"));
    CHECK(holds(one[0], R"("gen_ai.usage.output_tokens":2)"));
    CHECK(read_records(array("S")).size() == 2);
    CHECK(read_records(array("")).size() == 2);
}
