#include "bodies/mistral.h"

#include "bodies/completion_shape.h"
#include "bodies/openai.h"

namespace llmtrail {

namespace {

constexpr MemberField kRequestMembers[] = {
    {"max_tokens", Field::kGenAiRequestMaxTokens}, {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},           {"top_k", Field::kGenAiRequestTopK},
    {"stop", Field::kGenAiRequestStopSequences},
};

constexpr CompletionRequestShape kRequest = {"prompt", "", kRequestMembers};
constexpr CompletionAnswerShape kAnswer = {"outputs", "text", "stop_reason", "", "", {}};

bool is_chat(JsonValue body) {
    return body["choices"].exists() || body["object"].exists();
}

// Bedrock's chat answers say under another name than OpenAI's why they end.
void add_stop_reasons(AuditRecord& record, JsonValue body) {
    for (JsonValue choice : body["choices"].items()) {
        if (!choice["finish_reason"].is_string()) {
            add_finish_reason(record, choice["stop_reason"].text());
        }
    }
}

}  // namespace

void read_mistral_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record) {
    if (body["prompt"].exists() && !body["messages"].exists()) {
        read_completion_request(kRequest, body, path, scratch, record);
    } else {
        read_openai_request(body, path, scratch, record);
    }
}

void read_mistral_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record) {
    if (is_chat(body)) {
        read_openai_response(body, path, scratch, record);
        add_stop_reasons(record, body);
    } else {
        read_completion_response(kAnswer, body, path, scratch, record);
    }
}

void read_mistral_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record) {
    for (JsonValue chunk : chunks.items()) {
        if (is_chat(chunk)) {
            read_openai_stream(chunks, path, true, scratch, record);
            return;
        }
    }
    read_completion_stream(kAnswer, chunks, path, scratch, record);
}

}  // namespace llmtrail
