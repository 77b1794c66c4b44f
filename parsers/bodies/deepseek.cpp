#include "bodies/deepseek.h"

#include "bodies/completion_shape.h"
#include "bodies/openai.h"

namespace llmtrail {

namespace {

constexpr MemberField kRequestMembers[] = {
    {"max_tokens", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
    {"stop", Field::kGenAiRequestStopSequences},
};

constexpr CompletionRequestShape kRequest = {"prompt", "", kRequestMembers};
constexpr CompletionAnswerShape kAnswer = {"choices", "text", "stop_reason", "", "", {}};

// {"choices": [{"text", "stop_reason"}]}
bool is_completion(JsonValue body) {
    for (JsonValue choice : body["choices"].items()) {
        return choice["text"].exists();
    }
    return false;
}

}  // namespace

void read_deepseek_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record) {
    if (body["prompt"].is_string()) {
        read_completion_request(kRequest, body, path, scratch, record);
    } else {
        read_openai_request(body, path, scratch, record);
    }
}

void read_deepseek_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record) {
    if (is_completion(body)) {
        read_completion_response(kAnswer, body, path, scratch, record);
    } else {
        read_openai_response(body, path, scratch, record);
    }
}

void read_deepseek_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record) {
    for (JsonValue chunk : chunks.items()) {
        if (is_completion(chunk)) {
            read_completion_stream(kAnswer, chunks, path, scratch, record);
            return;
        }
    }
    read_openai_stream(chunks, path, true, scratch, record);
}

}  // namespace llmtrail
