#include "parsers/bedrock_body.h"

#include <cstdint>

#include "bodies/ai21.h"
#include "bodies/anthropic.h"
#include "bodies/body_place.h"
#include "bodies/cohere.h"
#include "bodies/converse.h"
#include "bodies/deepseek.h"
#include "bodies/llama.h"
#include "bodies/mistral.h"
#include "bodies/openai.h"
#include "bodies/stability.h"
#include "bodies/titan.h"

namespace llmtrail {

namespace {

enum class Shape : uint8_t {
    kUnknown,
    kAnthropic,
    kConverse,
    kTitan,
    kLlama,
    kCohere,
    kMistral,
    kAi21,
    kStability,
    kDeepseek,
    kOpenai,
};

struct ModelRow {
    std::string_view part;
    Shape shape;
};

// Names of foundation models, perhaps with a region before them: "us.anthropic.claude-…".
constexpr ModelRow kModels[] = {
    {"anthropic.", Shape::kAnthropic}, {"amazon.nova", Shape::kConverse},
    {"amazon.titan", Shape::kTitan},   {"meta.llama", Shape::kLlama},
    {"cohere.", Shape::kCohere},       {"mistral.", Shape::kMistral},
    {"ai21.", Shape::kAi21},           {"stability.", Shape::kStability},
    {"deepseek.", Shape::kDeepseek},   {"openai.", Shape::kOpenai},
    {"qwen.", Shape::kOpenai},
};

struct KeyRow {
    std::string_view key;
    Shape shape;
};

// Keys that only one vendor's bodies have, most telling first.
constexpr KeyRow kRequestKeys[] = {
    {"anthropic_version", Shape::kAnthropic},
    {"max_tokens_to_sample", Shape::kAnthropic},
    {"inputText", Shape::kTitan},
    {"textGenerationConfig", Shape::kTitan},
    {"taskType", Shape::kTitan},
    {"text_prompts", Shape::kStability},
    {"max_gen_len", Shape::kLlama},
    {"inferenceConfig", Shape::kConverse},
    {"toolConfig", Shape::kConverse},
    {"guardrailConfig", Shape::kConverse},
    {"schemaVersion", Shape::kConverse},
    {"message", Shape::kCohere},
    {"texts", Shape::kCohere},
    {"input_type", Shape::kCohere},
    {"maxTokens", Shape::kAi21},
};

constexpr KeyRow kResponseKeys[] = {
    {"output", Shape::kConverse},         {"stopReason", Shape::kConverse},
    {"messageStart", Shape::kConverse},   {"contentBlockDelta", Shape::kConverse},
    {"results", Shape::kTitan},           {"outputText", Shape::kTitan},
    {"embedding", Shape::kTitan},         {"images", Shape::kTitan},
    {"artifacts", Shape::kStability},     {"generation", Shape::kLlama},
    {"outputs", Shape::kMistral},         {"completions", Shape::kAi21},
    {"choices", Shape::kOpenai},          {"generations", Shape::kCohere},
    {"event_type", Shape::kCohere},       {"is_finished", Shape::kCohere},
    {"completion", Shape::kAnthropic},    {"content", Shape::kAnthropic},
    {"content_block", Shape::kAnthropic}, {"delta", Shape::kAnthropic},
};

Shape shape_of_model(std::string_view model) {
    for (const ModelRow& row : kModels) {
        if (model.find(row.part) != std::string_view::npos) {
            return row.shape;
        }
    }
    return Shape::kUnknown;
}

template <size_t kRows>
Shape shape_of_keys(JsonValue body, const KeyRow (&rows)[kRows]) {
    for (const KeyRow& row : rows) {
        if (body[row.key].exists()) {
            return row.shape;
        }
    }
    return Shape::kUnknown;
}

// Converse has {"content": [{"text": …}]}, OpenAI and Anthropic {"type": "text", …} or a text.
bool has_converse_messages(JsonValue body) {
    for (JsonValue message : body["messages"].items()) {
        for (JsonValue block : message["content"].items()) {
            return block.is_object() && !block["type"].exists();
        }
    }
    return false;
}

Shape shape_of_request(JsonValue body, std::string_view operation, std::string_view model) {
    if (operation.starts_with("Converse")) {
        return Shape::kConverse;
    }
    // Nova's images and vectors are asked for as Titan's are.
    Shape shape = body["taskType"].exists() ? Shape::kTitan : shape_of_model(model);
    if (shape == Shape::kUnknown) {
        shape = shape_of_keys(body, kRequestKeys);
    }
    if (shape == Shape::kUnknown || shape == Shape::kOpenai) {
        shape = has_converse_messages(body) ? Shape::kConverse : Shape::kOpenai;
    }
    return shape;
}

Shape shape_of_response(JsonValue body, std::string_view operation, std::string_view model) {
    if (operation.starts_with("Converse") && body.is_object()) {
        return Shape::kConverse;
    }
    JsonValue sample = body;
    for (JsonValue chunk : body.items()) {
        if (chunk.is_object()) {
            sample = chunk;
            break;
        }
    }
    // Nova's chunks stand under the names of Converse's events, whatever the model is called.
    Shape by_keys = shape_of_keys(sample, kResponseKeys);
    Shape by_model = shape_of_model(model);
    if (by_keys == Shape::kConverse || by_model == Shape::kUnknown) {
        return by_keys;
    }
    if (by_model == Shape::kConverse && sample.is_object() &&
        (sample["images"].exists() || sample["embeddings"].exists())) {
        return Shape::kTitan;
    }
    return by_model;
}

bool ends_with_done(JsonValue chunks) {
    JsonValue last;
    for (JsonValue chunk : chunks.items()) {
        last = chunk;
    }
    return last.text() == "[DONE]";
}

void read_stream(Shape shape, JsonValue chunks, std::string_view path, BodyScratch& scratch,
                 AuditRecord& record) {
    switch (shape) {
        case Shape::kAnthropic:
            return read_anthropic_stream(chunks, path, scratch, record);
        case Shape::kConverse:
            return read_converse_stream(chunks, path, scratch, record);
        case Shape::kTitan:
            return read_titan_stream(chunks, path, scratch, record);
        case Shape::kLlama:
            return read_llama_stream(chunks, path, scratch, record);
        case Shape::kCohere:
            return read_cohere_stream(chunks, path, scratch, record);
        case Shape::kMistral:
            return read_mistral_stream(chunks, path, scratch, record);
        case Shape::kDeepseek:
            return read_deepseek_stream(chunks, path, scratch, record);
        case Shape::kStability:
        case Shape::kAi21:
        case Shape::kOpenai:
            return read_openai_stream(chunks, path, ends_with_done(chunks), scratch, record);
        case Shape::kUnknown:
            // Events of an Anthropic stream are told by "type" alone: they may start with a ping.
            return read_anthropic_stream(chunks, path, scratch, record);
    }
}

void read_request(Shape shape, JsonValue body, std::string_view path, BodyScratch& scratch,
                  AuditRecord& record) {
    switch (shape) {
        case Shape::kAnthropic:
            return read_anthropic_request(body, path, scratch, record);
        case Shape::kConverse:
            return read_converse_request(body, path, scratch, record);
        case Shape::kTitan:
            return read_titan_request(body, path, scratch, record);
        case Shape::kLlama:
            return read_llama_request(body, path, scratch, record);
        case Shape::kCohere:
            return read_cohere_request(body, path, scratch, record);
        case Shape::kMistral:
            return read_mistral_request(body, path, scratch, record);
        case Shape::kAi21:
            return read_ai21_request(body, path, scratch, record);
        case Shape::kStability:
            return read_stability_request(body, path, scratch, record);
        case Shape::kDeepseek:
            return read_deepseek_request(body, path, scratch, record);
        case Shape::kOpenai:
        case Shape::kUnknown:
            return read_openai_request(body, path, scratch, record);
    }
}

// {"message", "__type"}: what the service says of a call that failed, whatever the model.
bool is_error(JsonValue body) {
    return body["message"].is_string() && shape_of_keys(body, kResponseKeys) == Shape::kUnknown &&
           !body["text"].exists();
}

void read_error(JsonValue body, std::string_view path, BodyScratch& scratch, AuditRecord& record) {
    static constexpr MemberField kFields[] = {
        {"message", Field::kErrorMessage},
        {"__type", Field::kErrorType},
    };
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        if (!place.fill_member(kFields, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
}

}  // namespace

void read_bedrock_request(JsonValue body, std::string_view operation, std::string_view model,
                          std::string_view path, BodyScratch& scratch, AuditRecord& record) {
    read_request(shape_of_request(body, operation, model), body, path, scratch, record);
    if (body["messages"].is_array()) {
        fill_text(record, Field::kGenAiOperationName, "chat");
    }
}

void read_bedrock_response(JsonValue body, std::string_view operation, std::string_view model,
                           std::string_view path, BodyScratch& scratch, AuditRecord& record) {
    if (is_error(body)) {
        read_error(body, path, scratch, record);
        return;
    }
    Shape shape = shape_of_response(body, operation, model);
    if (body.is_array()) {
        return read_stream(shape, body, path, scratch, record);
    }
    switch (shape) {
        case Shape::kAnthropic:
            return read_anthropic_response(body, path, scratch, record);
        case Shape::kConverse:
            return read_converse_response(body, path, scratch, record);
        case Shape::kTitan:
            return read_titan_response(body, path, scratch, record);
        case Shape::kLlama:
            return read_llama_response(body, path, scratch, record);
        case Shape::kCohere:
            return read_cohere_response(body, path, scratch, record);
        case Shape::kMistral:
            return read_mistral_response(body, path, scratch, record);
        case Shape::kAi21:
            return read_ai21_response(body, path, scratch, record);
        case Shape::kStability:
            return read_stability_response(body, path, scratch, record);
        case Shape::kDeepseek:
            return read_deepseek_response(body, path, scratch, record);
        case Shape::kOpenai:
        case Shape::kUnknown:
            return read_openai_response(body, path, scratch, record);
    }
}

}  // namespace llmtrail
