#include <doctest/doctest.h>

#include <functional>

#include "bodies/ai21.h"
#include "bodies/anthropic.h"
#include "bodies/body_place.h"
#include "bodies/cohere.h"
#include "bodies/converse.h"
#include "bodies/deepseek.h"
#include "bodies/llama.h"
#include "bodies/mistral.h"
#include "bodies/stability.h"
#include "bodies/titan.h"
#include "record_list.h"

using namespace llmtrail;

namespace {

using Reader = std::function<void(JsonValue, std::string_view, BodyScratch&, AuditRecord&)>;

// The record one reader makes of one body that stands at path "b".
std::string read_with(const Reader& reader, std::string_view json) {
    JsonTree tree;
    auto body = tree.read(json, false);
    REQUIRE(body);
    BodyScratch scratch;
    scratch.clear();
    AuditRecord record;
    reader(*body, "b", scratch, record);
    store_messages(scratch, record);
    scratch.unmapped.store(record);
    std::string out;
    append_record_json(out, record, "");
    return out;
}

const Reader kAllReaders[] = {
    read_anthropic_request, read_anthropic_response, read_anthropic_stream,   read_converse_request,
    read_converse_response, read_converse_stream,    read_titan_request,      read_titan_response,
    read_titan_stream,      read_llama_request,      read_llama_response,     read_llama_stream,
    read_cohere_request,    read_cohere_response,    read_cohere_stream,      read_mistral_request,
    read_mistral_response,  read_mistral_stream,     read_ai21_request,       read_ai21_response,
    read_ai21_stream,       read_stability_request,  read_stability_response, read_deepseek_request,
    read_deepseek_response, read_deepseek_stream,
};

}  // namespace

TEST_CASE("A path is spelled from its chain, indexes included") {
    BodyScratch scratch;
    AuditRecord record;
    BodyPlace root("", scratch, record);
    BodyPlace messages = root.below("messages");
    CHECK(root.path().empty());
    CHECK(messages.below(size_t{3}).below("content").path() == "messages.3.content");
    BodyPlace input("input", scratch, record);
    CHECK(input.below("a").path() == "input.a");
}

TEST_CASE("A refusal is a finish reason and a fact") {
    std::string record =
        read_with(read_anthropic_response,
                  R"({"type":"message","role":"assistant","content":[],"stop_reason":"refusal"})");
    CHECK(holds(record, R"("llm.audit.response.refused":true)"));
    CHECK(holds(record, R"("gen_ai.response.finish_reasons":["content_filter"])"));
}

TEST_CASE("An Anthropic stream that stops early is marked and keeps what came") {
    std::string record = read_with(
        read_anthropic_stream,
        R"([{"type":"message_start","message":{"id":"m","usage":{"input_tokens":3}}},)"
        R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}},)"
        R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}},)"
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hal"}}])");
    CHECK(holds(record, R"("llm.audit.record.flags":["incomplete_stream"])"));
    CHECK(holds(record, R"("llm.audit.response.text":"hal")"));
    CHECK(holds(record, R"("arguments":"{\"a\":")"));
    CHECK(holds(record, R"("gen_ai.usage.input_tokens":3)"));
}

TEST_CASE("A provider's error has type and message") {
    std::string record = read_with(
        read_anthropic_response,
        R"({"type":"error","error":{"type":"overloaded_error","message":"later","hint":1}})");
    CHECK(holds(record, R"("error.type":"overloaded_error")"));
    CHECK(holds(record, R"("error.message":"later")"));
    CHECK(holds(record, R"("b.error.hint":1)"));
}

TEST_CASE("Neighbouring text blocks of a Nova stream are one text") {
    std::string record = read_with(
        read_converse_stream,
        R"([{"messageStart":{"role":"assistant"}},{"contentBlockDelta":{"delta":{"text":"one "},"contentBlockIndex":0}},)"
        R"({"contentBlockDelta":{"delta":{"text":"two"},"contentBlockIndex":1}},{"messageStop":{"stopReason":"end_turn"}}])");
    CHECK(holds(record, R"("llm.audit.response.text":"one two")"));
}

TEST_CASE("Titan's float counters are numbers of tokens") {
    std::string record = read_with(
        read_titan_response,
        R"({"inputTextTokenCount":28.0,"results":[{"tokenCount":3,"outputText":"x","completionReason":"FINISH"},)"
        R"({"tokenCount":4,"outputText":"y"}]})");
    CHECK(holds(record, R"("gen_ai.usage.input_tokens":28)"));
    CHECK(holds(record, R"("gen_ai.usage.output_tokens":3)"));
    CHECK(holds(record, R"("b.results.1.tokenCount":4)"));
}

TEST_CASE("Growing counters of a Llama stream end as the last one") {
    std::string record = read_with(
        read_llama_stream,
        R"([{"generation":"a","prompt_token_count":9,"generation_token_count":1},{"generation":"b","generation_token_count":2,"stop_reason":"length"}])");
    CHECK(holds(record, R"("gen_ai.usage.output_tokens":2)"));
    CHECK(holds(record, R"("gen_ai.usage.input_tokens":9)"));
    CHECK(holds(record, R"("llm.audit.response.text":"ab")"));
    CHECK(holds(record, R"("gen_ai.response.finish_reasons":["length"])"));
}

TEST_CASE("Cohere's three stream forms give the same answer") {
    for (
        std::string_view chunks :
        {R"([{"event_type":"text-generation","text":"Hi"},{"event_type":"text-generation","text":" you"},{"event_type":"stream-end","is_finished":true,"finish_reason":"COMPLETE"}])",
         R"([{"type":"message-start","delta":{"message":{"role":"assistant"}}},{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"Hi you"}}}},{"type":"message-end","delta":{"finish_reason":"COMPLETE"}}])",
         R"([{"text":"Hi","is_finished":false},{"text":" you","is_finished":false},{"is_finished":true,"finish_reason":"COMPLETE"}])"}) {
        CAPTURE(chunks);
        std::string record = read_with(read_cohere_stream, chunks);
        CHECK(holds(record, R"("llm.audit.response.text":"Hi you")"));
        CHECK(holds(record, R"("gen_ai.response.finish_reasons":["stop"])"));
        CHECK_FALSE(holds(record, "incomplete_stream"));
    }
}

TEST_CASE("A conversation that an answer repeats differently is kept") {
    BodyScratch scratch;
    scratch.clear();
    AuditRecord record;
    JsonTree request;
    JsonTree answer;
    read_cohere_request(*request.read(R"({"message":"asked"})", false), "q", scratch, record);
    read_cohere_response(
        *answer.read(
            R"({"text":"said","chat_history":[{"role":"USER","message":"asked"},{"role":"CHATBOT","message":"other"}]})",
            false),
        "r", scratch, record);
    scratch.unmapped.store(record);
    CHECK(record.text(Field::kUnmapped) ==
          R"({"r.chat_history.1.role":"CHATBOT","r.chat_history.1.message":"other"})");
}

TEST_CASE("The end of an Anthropic stream counts for all of it, and what it replaces is kept") {
    std::string record = read_with(
        read_anthropic_stream,
        R"([{"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}},)"
        R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":9,"output_tokens":4,"server_tool_use":{"web_search_requests":1}}}])");
    CHECK(holds(record, R"("gen_ai.usage.input_tokens":9)"));
    CHECK(holds(record, R"("gen_ai.usage.output_tokens":4)"));
    CHECK(holds(record, R"("b.0.message.usage.input_tokens":3)"));
    CHECK(holds(record,
                R"("llm.audit.usage.details":{"server_tool_use":{"web_search_requests":1}})"));
}

TEST_CASE("A counter named twice with two values is in the record twice") {
    std::string record = read_with(
        read_anthropic_response,
        R"({"content":[],"usage":{"input_tokens":1,"input_tokens":2,"geo":"a","geo":"b"}})");
    CHECK(holds(record, R"("gen_ai.usage.input_tokens":1)"));
    CHECK(holds(record, R"("b.usage.input_tokens":2)"));
    CHECK(holds(record, R"("llm.audit.usage.details":{"geo":"a"})"));
    CHECK(holds(record, R"("b.usage.geo":"b")"));
}

TEST_CASE("Text that an answer is checked against is no text of the user") {
    std::string record = read_with(
        read_converse_request,
        R"({"messages":[{"role":"user","content":[{"guardContent":{"text":{"text":"the source","qualifiers":["grounding_source"]}}},)"
        R"({"guardContent":{"text":{"text":"the question","qualifiers":["query"]}}}]}]})");
    CHECK(holds(record, R"("llm.audit.prompt.text":"the question")"));
    CHECK(holds(record, R"("text":"the source")"));
}

TEST_CASE("A completion stream without an end is marked unless a guardrail ended it") {
    CHECK(holds(read_with(read_titan_stream, R"([{"outputText":"a"}])"), "incomplete_stream"));
    CHECK_FALSE(
        holds(read_with(read_titan_stream,
                        R"([{"outputText":"no","amazon-bedrock-guardrailAction":"INTERVENED"}])"),
              "incomplete_stream"));
}

TEST_CASE("No reader is upset by a body of another vendor or of none") {
    for (
        std::string_view body :
        {"{}", "[]", "7", "\"text\"", "null", "[1,\"[DONE]\",null,[],{}]",
         R"({"messages":"no","system":5,"prompt":[1],"inputText":{},"content":7,"usage":[],"output":"x","error":true,"choices":{}})",
         R"({"messages":[1,"a",null,{"role":5,"content":{"a":[{}]}},{"content":[3,{"type":7},{"text":{}}]}]})",
         R"([{"type":"content_block_delta","index":-5,"delta":7},{"contentBlockDelta":[]},{"messageStart":1},{"delta":{"message":[]}},{"generation":null,"outputs":[4]}])"}) {
        for (const Reader& reader : kAllReaders) {
            CAPTURE(body);
            std::string record = read_with(reader, body);
            JsonTree tree;
            CHECK(tree.read(record, false));
        }
    }
}
