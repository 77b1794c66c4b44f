#include "bodies/llama.h"

#include "bodies/completion_shape.h"

namespace llmtrail {

namespace {

constexpr MemberField kRequestMembers[] = {
    {"max_gen_len", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
};

constexpr CompletionRequestShape kRequest = {"prompt", "", kRequestMembers};
constexpr CompletionAnswerShape kAnswer = {
    "", "generation", "stop_reason", "prompt_token_count", "generation_token_count", {}};

}  // namespace

void read_llama_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    read_completion_request(kRequest, body, path, scratch, record);
}

void read_llama_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record) {
    read_completion_response(kAnswer, body, path, scratch, record);
}

void read_llama_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record) {
    read_completion_stream(kAnswer, chunks, path, scratch, record);
}

}  // namespace llmtrail
