// Text completion bodies that differ from vendor to vendor only in their names: a prompt and
// parameters in, one or more texts with a reason and counters out, or chunks of them. titan, llama,
// mistral, ai21 and cohere describe theirs as data; body.h says how readers behave.
#pragma once

#include <span>
#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

struct CompletionRequestShape {
    std::string_view prompt_key;
    std::string_view config_key;  // object that holds the parameters; "": the body does
    std::span<const MemberField> members;
};

struct CompletionAnswerShape {
    std::string_view list_key;  // array of answers; "": the body is the answer
    std::string_view text_key;
    std::string_view reason_key;
    std::string_view input_tokens_key;   // of the body
    std::string_view output_tokens_key;  // of the answer
    std::span<const MemberField> members;
};

void read_completion_request(const CompletionRequestShape& shape, JsonValue body,
                             std::string_view path, BodyScratch& scratch, AuditRecord& record);
void read_completion_response(const CompletionAnswerShape& shape, JsonValue body,
                              std::string_view path, BodyScratch& scratch, AuditRecord& record);
// Counters of a stream grow from chunk to chunk: the last one counts.
void read_completion_stream(const CompletionAnswerShape& shape, JsonValue chunks,
                            std::string_view path, BodyScratch& scratch, AuditRecord& record);

}  // namespace llmtrail
