#include "parsers/exchange.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "record_list.h"

using namespace llmtrail;
namespace fs = std::filesystem;

namespace {

// The only record of a document.
class OneRecord {
 public:
    explicit OneRecord(std::string_view document) {
        auto records = read_records(document);
        REQUIRE(records.size() == 1);
        auto read = tree_.read(records[0], false);
        REQUIRE(read);
        record_ = *read;
    }

    std::string_view text(std::string_view field) const { return record_[field].text(); }

    std::string json(std::string_view field) const { return record_[field].json(); }

    bool has(std::string_view field) const { return record_[field].exists(); }

 private:
    JsonTree tree_;
    JsonValue record_;
};

bool recognized(std::string_view document) {
    JsonTree tree;
    auto read = tree.read(document, false);
    REQUIRE(read);
    return make_exchange_parser()->recognizes(*read);
}

std::string with_headers(std::string_view before, std::string_view created) {
    return "{" + std::string(before) +
           R"("request":{"messages":[{"role":"user","content":"a"}]},"response_headers":{"Date":"Thu, 20 Nov 2025 12:06:07 GMT"},)"
           R"("response":{"object":"chat.completion","created":)" +
           std::string(created) + "}}";
}

}  // namespace

TEST_CASE("An exchange has a request that asks a model, or a URL that says so, and a response") {
    CHECK(recognized(R"({"request":{"messages":[]},"response":null})"));
    CHECK(recognized(R"({"request":"{\"input\":\"x\"}","response":""})"));
    CHECK(recognized(R"({"url":"https://h/v1/threads","request":{},"response":{}})"));
    CHECK(recognized(R"({"request":{"body":{"prompt":"x"}},"response":{"body":{}}})"));
    CHECK_FALSE(recognized(R"({"request":{"messages":[]}})"));
    CHECK_FALSE(recognized(R"({"request":{"uri":"/login"},"response":{"status":200}})"));
    CHECK_FALSE(recognized(R"({"request":"GET /","response":"ok"})"));
    CHECK_FALSE(recognized(R"({"request":7,"response":{}})"));
    CHECK_FALSE(recognized(R"([{"request":{"messages":[]},"response":null}])"));
    CHECK_FALSE(recognized(R"({"batch":[],"metadata":{}})"));
}

TEST_CASE(
    "The time is the envelope's stamp, else the Date header's, else the provider's, else "
    "observed") {
    OneRecord stamped(with_headers(R"("ts":"2026-01-01T10:00:00.5Z",)", "1700000000"));
    CHECK(stamped.text("event.time") == "2026-01-01T10:00:00.500000000Z");
    CHECK(stamped.json("llm.audit.unmapped").find("Thu, 20 Nov 2025") != std::string::npos);
    OneRecord dated(with_headers("", "1700000000"));
    CHECK(dated.text("event.time") == "2025-11-20T12:06:07.000000000Z");
    CHECK(dated.text("event.time.precision") == "s");
    OneRecord created(
        R"({"request":{"messages":[]},"response":{"object":"chat.completion","created":1700000000}})");
    CHECK(created.text("event.time") == "2023-11-14T22:13:20.000000000Z");
    OneRecord nothing(R"({"request":{"messages":[]},"response":null})");
    CHECK(nothing.text("event.time.precision") == "observed");
}

TEST_CASE("No provider is guessed where nothing names one") {
    OneRecord record(
        R"({"request":{"model":"m","messages":[]},"response":{"id":"chatcmpl-1","object":"chat.completion"}})");
    CHECK_FALSE(record.has("gen_ai.provider.name"));
}

TEST_CASE("Headers that authenticate are not kept") {
    OneRecord record(R"({"url":"https://api.openai.com/v1/chat/completions?api-key=SECRETVALUE",
        "request_headers":{"Authorization":"Bearer SECRETVALUE","x-api-key":["SECRETVALUE"],"Cookie":"SECRETVALUE","Ocp-Apim-Subscription-Key":"SECRETVALUE","x-goog-api-key":"SECRETVALUE","X-Amz-Security-Token":"SECRETVALUE"},
        "response_headers":{"set-cookie":"SECRETVALUE"},
        "request":{"messages":[{"role":"user","content":"hi"}]},"response":null})");
    for (std::string_view field : {"llm.audit.unmapped", "url.path", "server.address"}) {
        CHECK(record.json(field).find("SECRETVALUE") == std::string::npos);
    }
}

TEST_CASE("Headers and query parameters that do not authenticate are kept") {
    OneRecord record(
        R"({"url":"https://r.openai.azure.com/openai/deployments/hr/chat/completions?api-version=2024-10-21#top",
        "response_headers":{"x-ratelimit-remaining-tokens":"17","x-ms-region":"East US 2","x-request-id":["r-1"]},
        "request":{"messages":[{"role":"user","content":"hi"}]},"response":null})");
    CHECK(
        record.json("llm.audit.unmapped") ==
        R"({"response_headers.x-ratelimit-remaining-tokens":"17","url.query.api-version":"2024-10-21"})");
    CHECK(record.text("cloud.region") == "East US 2");
    CHECK(record.text("http.request.id") == "r-1");
}

TEST_CASE("A deployment in the path is the model when the body names none") {
    OneRecord record(
        R"({"url":"https://r.openai.azure.com/openai/deployments/hr/chat/completions?api-version=1",
        "request":{"messages":[{"role":"user","content":"hi"}]},"response":null})");
    CHECK(record.text("gen_ai.request.model") == "hr");
    CHECK(record.text("gen_ai.provider.name") == "azure.ai.openai");
}

TEST_CASE("Damage inside a body that is text is flagged like damage outside") {
    OneRecord record(
        R"({"request":"{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}","response":"not json"})");
    CHECK(record.json("llm.audit.record.flags").find("lone_surrogate") != std::string::npos);
    CHECK(record.json("llm.audit.record.flags").find("body_not_json") != std::string::npos);
    CHECK(record.text("llm.audit.response.text") == "not json");
}

TEST_CASE("Bodies of unexpected forms give a record and lose nothing") {
    OneRecord record(
        R"({"request":{"messages":"text","model":7,"temperature":"warm","tools":"none","stop":[1,2],
        "input":{"deep":["leaf-1"]}},"response":{"choices":[7,{"message":"leaf-2"},{"message":{"tool_calls":"leaf-3"}}],
        "error":["leaf-4"],"usage":{"prompt_tokens":"many"}}})");
    CHECK(record.json("gen_ai.input.messages").find(R"("content":"text")") != std::string::npos);
    std::string all;
    for (std::string_view field :
         {"llm.audit.unmapped", "gen_ai.output.messages", "gen_ai.input.messages",
          "llm.audit.request.parameters", "llm.audit.usage.details", "error.message"}) {
        all += record.json(field);
    }
    for (std::string_view leaf :
         {"warm", "none", "[1,2]", "leaf-1", "leaf-2", "leaf-3", "leaf-4", "many"}) {
        CAPTURE(leaf);
        CHECK(all.find(leaf) != std::string::npos);
    }
}

TEST_CASE("A call to Gemini is an inference by what its URL says, and nothing of it is lost") {
    OneRecord record(
        R"({"url":"https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:generateContent?key=SECRETVALUE",
        "request":{"contents":[{"role":"user","parts":[{"text":"leaf-1"}]}],"generationConfig":{"temperature":0.5}},
        "response":{"candidates":[{"content":{"parts":[{"text":"leaf-2"}]}}],"modelVersion":"gemini-2.0-flash-001","responseId":"r1"}})");
    CHECK(record.text("event.kind") == "inference");
    CHECK(record.text("event.action") == "generateContent");
    CHECK(record.text("event.dataset") == "exchange.gemini");
    CHECK(record.text("gen_ai.provider.name") == "gcp.gemini");
    CHECK(record.text("gen_ai.operation.name") == "generate_content");
    CHECK(record.text("gen_ai.request.model") == "gemini-2.0-flash");
    CHECK(record.text("gen_ai.response.model") == "gemini-2.0-flash-001");
    CHECK(record.text("gen_ai.response.id") == "r1");
    CHECK(record.text("llm.audit.prompt.text") == "leaf-1");
    CHECK(record.text("llm.audit.response.text") == "leaf-2");
    CHECK(record.json("gen_ai.request.temperature") == "0.5");
    std::string rest = record.json("llm.audit.unmapped");
    CHECK(rest.find("SECRETVALUE") == std::string::npos);
}

TEST_CASE("A stream of Gemini's or Ollama's is not said to be cut") {
    OneRecord gemini(
        R"({"url":"https://generativelanguage.googleapis.com/v1beta/models/g:streamGenerateContent",
        "request":{"contents":[]},"response":[{"modelVersion":"g-1"},{"modelVersion":"g-1","x":1}]})");
    CHECK(gemini.json("gen_ai.request.stream") == "true");
    CHECK(gemini.text("gen_ai.response.model") == "g-1");
    CHECK(gemini.json("llm.audit.unmapped") == R"({"response.1.x":1})");
    OneRecord ollama(R"({"url":"http://localhost:11434/api/chat",
        "request":{"model":"llama3","messages":[{"role":"user","content":"hi"}]},
        "response":"{\"model\":\"llama3\",\"done\":false}\n{\"model\":\"llama3\",\"done\":true}\n"})");
    CHECK_FALSE(ollama.has("llm.audit.unmapped"));
    for (const OneRecord* record : {&gemini, &ollama}) {
        CHECK_FALSE(record->has("llm.audit.record.flags"));
        CHECK_FALSE(record->has("llm.audit.response.truncated"));
    }
}

TEST_CASE("A call to Ollama is an inference with its model and prompt") {
    OneRecord record(R"({"url":"http://localhost:11434/api/generate",
        "request":{"model":"llama3","prompt":"hi","stream":false},
        "response":{"model":"llama3","response":"leaf","done":true}})");
    CHECK(record.text("event.kind") == "inference");
    CHECK(record.text("gen_ai.provider.name") == "ollama");
    CHECK(record.text("gen_ai.operation.name") == "text_completion");
    CHECK(record.text("gen_ai.request.model") == "llama3");
    CHECK(record.text("llm.audit.prompt.text") == "hi");
    CHECK(record.text("llm.audit.response.text") == "leaf");
    CHECK_FALSE(record.has("llm.audit.unmapped"));
}

TEST_CASE("A failed call to a foreign API is a failure") {
    OneRecord record(R"({"url":"https://h/v1beta/models/g:generateContent","status":429,
        "request":{"contents":[]},"response":{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}})");
    CHECK(record.text("event.kind") == "inference");
    CHECK(record.text("event.outcome") == "failure");
    CHECK(record.text("error.message") == "quota");
}

TEST_CASE("OpenAI's form at a foreign provider's address is read as OpenAI's") {
    for (std::string_view url :
         {"https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
          "http://localhost/api/chat"}) {
        CAPTURE(url);
        OneRecord record(R"({"url":")" + std::string(url) +
                         R"(","request":{"messages":[{"role":"user","content":"a"}]},
            "response":{"choices":[{"message":{"role":"assistant","content":"b"}}]}})");
        CHECK(record.text("event.kind") == "inference");
        CHECK(record.text("gen_ai.operation.name") == "chat");
        CHECK(record.text("llm.audit.response.text") == "b");
    }
}

TEST_CASE("Bedrock's bodies are read by the model that the path names, escapes resolved") {
    OneRecord claude(
        R"({"url":"https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke",
        "request":{"anthropic_version":"bedrock-2023-05-31","max_tokens":5,"messages":[{"role":"user","content":"a"}]},
        "response":{"type":"message","role":"assistant","content":[{"type":"text","text":"b"}],"stop_reason":"end_turn"}})");
    CHECK(claude.text("gen_ai.request.model") == "anthropic.claude-3-haiku-20240307-v1:0");
    CHECK(claude.text("gen_ai.provider.name") == "aws.bedrock");
    CHECK(claude.text("llm.audit.response.text") == "b");
    CHECK(claude.text("event.action") == "invoke");
    CHECK(claude.text("gen_ai.operation.name") == "chat");
    CHECK(claude.text("event.dataset") == "exchange.bedrock");
    OneRecord arn(
        R"({"url":"https://bedrock-runtime.eu-west-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.meta.llama3-2-1b-instruct-v1%3A0/invoke",
        "request":{"prompt":"a","max_gen_len":5},"response":{"generation":"b","stop_reason":"stop"}})");
    CHECK(arn.text("gen_ai.request.model") == "eu.meta.llama3-2-1b-instruct-v1:0");
    CHECK(arn.text("llm.audit.prompt.text") == "a");
    CHECK(arn.text("llm.audit.response.text") == "b");
    OneRecord converse(
        R"({"url":"https://bedrock-runtime.eu-west-1.amazonaws.com/model/some-profile/converse",
        "request":{"messages":[{"role":"user","content":[{"text":"a"}]}]},
        "response":{"output":{"message":{"role":"assistant","content":[{"text":"b"}]}},"stopReason":"end_turn"}})");
    CHECK(converse.text("event.kind") == "inference");
    CHECK(converse.text("gen_ai.operation.name") == "chat");
    CHECK(converse.text("llm.audit.response.text") == "b");
}

TEST_CASE("An escape in a model's name cannot bring in what is no printable character") {
    OneRecord record(
        R"({"url":"https://h/v1beta/models/a%00b%0Ac%C3%28d%3A%:generateContent","request":{"contents":[]},"response":{}})");
    CHECK(record.text("gen_ai.request.model") == "a%00b%0Ac%C3(d:%");
}

TEST_CASE("Real exchanges give records with prompt and answer") {
    size_t documents = 0;
    for (std::string_view file :
         {"http-openai/openai-exchanges.jsonl", "http-azure-openai/azure-openai-exchanges.jsonl",
          "http-groq/groq-exchanges.jsonl", "generated-npm/raw-openai-exchange.jsonl"}) {
        fs::path path = fs::path(LLMTRAIL_SAMPLES_DIR) / file;
        if (!fs::exists(path)) {
            MESSAGE("not here, skipped: ", path.string());
            continue;
        }
        std::ifstream in(path);
        for (std::string line; std::getline(in, line);) {
            ++documents;
            CAPTURE(documents);
            OneRecord record(line);
            CHECK(record.text("event.provider") == "exchange");
            CHECK(record.text("event.kind") != "rejected");
            std::string_view action = record.text("event.action");
            bool answered = !record.has("http.response.status_code") ||
                            record.json("http.response.status_code") == "200";
            if (!answered || !(action == "chat.completions" || action == "responses") ||
                record.has("error.message")) {
                continue;
            }
            // Some calls hold tool results alone, and the question stands in an earlier exchange.
            CHECK((record.has("llm.audit.prompt.text") || record.has("gen_ai.tool.call.result")));
            CHECK((record.has("llm.audit.response.text") || record.has("gen_ai.tool.name") ||
                   record.has("llm.audit.response.refused") ||
                   record.has("gen_ai.response.finish_reasons")));
        }
    }
    CHECK((documents == 0 || documents == 494));
}

TEST_CASE("Only what a user typed is the prompt, where there is a user") {
    auto record_of = [](std::string_view messages) {
        std::string document =
            R"({"url":"https://api.openai.com/v1/chat/completions","request":{"messages":[)";
        document.append(messages).append(
            R"(]},"response":{"choices":[{"message":{"content":"a"}}]}})");
        auto records = read_records(document);
        REQUIRE(records.size() == 1);
        return records.front();
    };
    const std::string picture =
        R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]})";
    for (std::string_view before :
         {R"({"role":"system","content":"SYSTEM TEXT"},)",
          R"({"role":"developer","content":"SYSTEM TEXT"},)",
          R"({"role":"user","content":"old"},{"role":"assistant","content":"b"},)"}) {
        CAPTURE(before);
        std::string record = record_of(std::string(before).append(picture));
        CHECK(holds(record, R"("uri":"https://x/y.png")"));
        CHECK_FALSE(holds(record, "llm.audit.prompt."));
    }
    CHECK(holds(record_of(R"({"role":"system","content":"alone"})"),
                R"("llm.audit.prompt.text":"alone")"));
}
