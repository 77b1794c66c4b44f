#include "bodies/ai21.h"

#include "bodies/completion_shape.h"
#include "bodies/openai.h"

namespace llmtrail {

namespace {

constexpr MemberField kRequestMembers[] = {
    {"maxTokens", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"topP", Field::kGenAiRequestTopP},
    {"topKReturn", Field::kGenAiRequestTopK},
    {"numResults", Field::kGenAiRequestChoiceCount},
    {"stopSequences", Field::kGenAiRequestStopSequences},
};

constexpr CompletionRequestShape kRequest = {"prompt", "", kRequestMembers};

// {"data": {"text", "tokens": [{"generatedToken": {"token", "logprob"}, …}]}, "finishReason":
// {"reason"}}
void read_completion(const BodyPlace& place, JsonValue completion) {
    JsonValue data = completion["data"];
    std::string_view reason = completion["finishReason"]["reason"].text();
    if (data["text"].is_string()) {
        MessagesWriter& out = place.scratch().output;
        out.begin_message("assistant");
        out.text(data["text"].text());
        out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
        place.below("data").keep_others(data, {"text", "tokens"});
        add_member(place.scratch().details, "tokens", data["tokens"]);
    } else {
        place.keep("data", data);
    }
    add_finish_reason(place.record(), reason);
    place.below("finishReason").keep_others(completion["finishReason"], {"reason"});
    place.keep_others(completion, {"data", "finishReason"});
}

}  // namespace

void read_ai21_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record) {
    if (body["messages"].exists()) {
        read_openai_request(body, path, scratch, record);
    } else {
        read_completion_request(kRequest, body, path, scratch, record);
    }
}

void read_ai21_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    if (!body["completions"].exists()) {
        read_openai_response(body, path, scratch, record);
        return;
    }
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key == "completions" && member.value.is_array()) {
            size_t index = 0;
            for (JsonValue completion : member.value.items()) {
                read_completion(here.below(index++), completion);
            }
        } else if (member.key == "id") {
            place.fill_or_keep(Field::kGenAiResponseId, member.key, member.value);
        } else {
            here.keep(member.value);
        }
    }
}

void read_ai21_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                      AuditRecord& record) {
    read_openai_stream(chunks, path, true, scratch, record);
}

}  // namespace llmtrail
