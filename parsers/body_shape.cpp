#include "parsers/body_shape.h"

#include <algorithm>
#include <array>

#include "bodies/gemini.h"
#include "parsers/common_name_table.h"

namespace llmtrail {

namespace {

JsonValue first_of(JsonValue array) {
    auto items = array.items();
    return array.is_array() && items.begin() != items.end() ? *items.begin() : JsonValue();
}

bool is_text(JsonValue body, std::string_view key) {
    return body[key].is_string();
}

bool has(JsonValue body, std::string_view key) {
    return body[key].exists();
}

// Parameters of requests that common names know too, as something of an application's record.
constexpr auto kSharedNames = std::to_array<std::string_view>({
    "context", "documents", "format",   "input",  "instructions", "language",          "max_tokens",
    "message", "messages",  "metadata", "model",  "options",      "parameters",        "prompt",
    "query",   "reasoning", "seed",     "stream", "system",       "temperature",       "text",
    "tools",   "top_k",     "top_p",    "user",   "conversation", "safety_identifier", "inputText",
});

// An application's record of a call says when, what came back, for whom: a request does not.
bool is_record_of_an_application(JsonValue body) {
    for (JsonMember member : body.members()) {
        bool shared =
            std::find(kSharedNames.begin(), kSharedNames.end(), member.key) != kSharedNames.end();
        if (!shared && find_common_name(NameScope::kTop, NormalizedKey(member.key)) != nullptr) {
            return true;
        }
    }
    return body["user"].is_object();
}

// What no body has and most records of applications begin with: they are told apart at once.
constexpr auto kApplicationNames = std::to_array<std::string_view>(
    {"@timestamp", "app", "application", "client_ip", "duration_ms", "env", "environment", "event",
     "latency_ms", "level", "service", "session_id", "span_id", "timestamp", "trace_id", "ts",
     "user_id"});

bool begins_as_an_application_does(JsonValue body) {
    for (JsonMember member : body.members()) {
        if (std::find(kApplicationNames.begin(), kApplicationNames.end(), member.key) !=
            kApplicationNames.end()) {
            return true;
        }
    }
    return false;
}

// Blocks of Anthropic's and of Converse's form; OpenAI's parts all have other types.
const BodyReaders* readers_of_blocks(JsonValue messages) {
    for (JsonValue message : messages.items()) {
        JsonValue block = first_of(message["content"]);
        std::string_view type = block["type"].text();
        if (type == "tool_use" || type == "tool_result" || type == "thinking" ||
            type == "document" || (type == "image" && has(block, "source")) ||
            has(block, "cache_control")) {
            return &vendors::kAnthropic;
        }
        if (block.is_object() && type.empty() &&
            (is_text(block, "text") || has(block, "toolUse") || has(block, "toolResult"))) {
            return &vendors::kConverse;
        }
    }
    return nullptr;
}

const BodyReaders* readers_of_messages(JsonValue request) {
    if (has(request, "inferenceConfig") || has(request, "toolConfig")) {
        return &vendors::kConverse;
    }
    if (has(request, "anthropic_version") || has(request, "stop_sequences") ||
        is_text(request, "system") || request["model"].text().starts_with("claude")) {
        return &vendors::kAnthropic;
    }
    if (const BodyReaders* readers = readers_of_blocks(request["messages"])) {
        return readers;
    }
    return has(request, "options") || has(request, "keep_alive") ? &vendors::kOllama
                                                                 : &vendors::kOpenAi;
}

const BodyReaders* readers_of_prompt(JsonValue request) {
    if (has(request, "max_tokens_to_sample")) {
        return &vendors::kAnthropic;
    }
    if (has(request, "max_gen_len")) {
        return &vendors::kLlama;
    }
    bool ollama = request["options"].is_object() || has(request, "keep_alive");
    if (!is_text(request, "model")) {
        return nullptr;
    }
    return ollama ? &vendors::kOllama : &vendors::kOpenAi;
}

bool is_chat(JsonValue messages) {
    JsonValue first = first_of(messages);
    return is_text(first, "role") && (has(first, "content") || has(first, "tool_calls"));
}

struct KeyRow {
    std::string_view key;
    std::string_view with;  // another that stands beside it; "": none is needed
    const BodyReaders* readers;
};

// Of answers, most telling first.
constexpr auto kAnswers = std::to_array<KeyRow>({
    {"choices", "object", &vendors::kOpenAi},
    {"choices", "model", &vendors::kOpenAi},
    {"choices", "created", &vendors::kOpenAi},
    {"completion", "stop_reason", &vendors::kAnthropic},
    {"stopReason", "output", &vendors::kConverse},
    {"messageStart", "", &vendors::kConverse},
    {"contentBlockDelta", "", &vendors::kConverse},
    {"generated_text", "", &vendors::kTgi},
    {"generation", "stop_reason", &vendors::kLlama},
    {"inputTextTokenCount", "results", &vendors::kTitan},
    {"inputTextTokenCount", "embedding", &vendors::kTitan},
    {"created_at", "done", &vendors::kOllama},
    {"generation_id", "text", &vendors::kCohere},
    {"event_type", "is_finished", &vendors::kCohere},
    {"generations", "meta", &vendors::kCohere},
    {"response_type", "embeddings", &vendors::kCohere},
});

bool is_provider_error(JsonValue body) {
    for (JsonMember member : body.members()) {
        if (member.key != "error" && member.key != "type" && member.key != "request_id") {
            return false;
        }
    }
    JsonValue error = body["error"];
    return is_text(error, "message") && (is_text(error, "type") || has(error, "code"));
}

bool is_anthropic_answer(JsonValue body) {
    bool content = body["content"].is_array() && has(body, "stop_reason");
    std::string_view type = body["type"].text();
    return (content && (type == "message" || is_text(first_of(body["content"]), "type"))) ||
           (type == "message_start" && has(body, "message")) ||
           (type == "content_block_delta" && has(body, "delta"));
}

bool is_openai_answer(JsonValue body) {
    std::string_view object = body["object"].text();
    bool vectors = object == "list" && has(first_of(body["data"]), "embedding");
    bool response = object == "response" && body["output"].is_array();
    JsonValue result = first_of(body["results"]);
    bool moderation = has(result, "flagged") && result["categories"].is_object();
    bool event = body["type"].text().starts_with("response.") && has(body, "sequence_number");
    return vectors || response || moderation || event;
}

const BodyReaders* readers_of_chunk(JsonValue chunk) {
    bool tgi = chunk["token"].is_object() && is_text(chunk["token"], "text") &&
               has(chunk, "generated_text");
    return tgi ? &vendors::kTgi : readers_of_response(chunk);
}

// OpenAI's chunks are of one stream when they have one id.
bool are_openai_chunks(JsonValue array) {
    std::string_view id = first_of(array)["id"].text();
    for (JsonValue chunk : array.items()) {
        if (chunk["object"].text() != "chat.completion.chunk" || chunk["id"].text() != id) {
            return false;
        }
    }
    return array.size() > 0;
}

// Gemini's, with one id of the answer.
bool are_gemini_chunks(JsonValue array) {
    std::string_view id = first_of(array)["responseId"].text();
    for (JsonValue chunk : array.items()) {
        if (chunk["responseId"].text() != id || !is_gemini_response(chunk)) {
            return false;
        }
    }
    return !id.empty();
}

// What only the first chunk of a stream says.
bool begins_a_stream(JsonValue chunk) {
    std::string_view type = chunk["type"].text();
    bool ollama =
        is_text(chunk, "created_at") && is_text(chunk, "model") && chunk["done"].boolean() == false;
    bool tgi = chunk["token"].is_object() && has(chunk, "generated_text");
    return ollama || tgi || (type == "message_start" && chunk["message"].is_object()) ||
           (type == "response.created" && chunk["response"].is_object()) ||
           chunk["messageStart"].is_object() || chunk["event_type"].text() == "stream-start";
}

}  // namespace

const BodyReaders* readers_of_request(JsonValue body) {
    if (!body.is_object() || is_record_of_an_application(body)) {
        return nullptr;
    }
    if (is_gemini_request(body)) {
        return &vendors::kGemini;
    }
    if (is_chat(body["messages"])) {
        return readers_of_messages(body);
    }
    if (is_text(body, "prompt")) {
        return readers_of_prompt(body);
    }
    if (is_text(body, "inputs") && (body["parameters"].is_object() || has(body, "stream"))) {
        return &vendors::kTgi;
    }
    if (is_text(body, "inputText") && body.size() <= 3) {
        return &vendors::kTitan;
    }
    bool cohere =
        (is_text(body, "message") &&
         (has(body, "chat_history") || body["model"].text().starts_with("command"))) ||
        (body["texts"].is_array() && has(body, "input_type")) ||
        (is_text(body, "query") && body["documents"].is_array() && is_text(body, "model"));
    if (cohere) {
        return &vendors::kCohere;
    }
    JsonValue input = body["input"];
    return is_text(body, "model") && (input.is_string() || input.is_array()) ? &vendors::kOpenAi
                                                                             : nullptr;
}

const BodyReaders* readers_of_response(JsonValue body) {
    if (body.is_array()) {
        JsonValue chunk = first_of(body);
        return chunk.is_object() ? readers_of_chunk(chunk) : nullptr;
    }
    if (!body.is_object() || begins_as_an_application_does(body)) {
        return nullptr;
    }
    if (is_gemini_response(body)) {
        return &vendors::kGemini;
    }
    if (is_anthropic_answer(body)) {
        return &vendors::kAnthropic;
    }
    if (is_openai_answer(body)) {
        return &vendors::kOpenAi;
    }
    for (const KeyRow& row : kAnswers) {
        if (has(body, row.key) && (row.with.empty() || has(body, row.with))) {
            bool list = row.key != "choices" || body["choices"].is_array();
            return list ? row.readers : nullptr;
        }
    }
    if (is_text(first_of(body["data"]), "generated_text")) {
        return &vendors::kTgi;
    }
    bool ranked = has(first_of(body["results"]), "relevance_score");
    bool cohere_chat = body["message"]["content"].is_array() && has(body, "finish_reason");
    if (ranked || cohere_chat) {
        return &vendors::kCohere;
    }
    if (!is_provider_error(body)) {
        return nullptr;
    }
    return body["type"].text() == "error" ? &vendors::kAnthropic : &vendors::kOpenAi;
}

const BodyReaders* readers_of_stream(JsonValue array) {
    bool stream =
        are_openai_chunks(array) || are_gemini_chunks(array) || begins_a_stream(first_of(array));
    return stream ? readers_of_response(array) : nullptr;
}

}  // namespace llmtrail
