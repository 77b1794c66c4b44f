#include "bodies/anthropic.h"

#include "bodies/anthropic_parts.h"
#include "bodies/bedrock_guardrail.h"
#include "bodies/role_messages.h"
#include "bodies/usage_detail.h"

namespace llmtrail {

namespace {

constexpr MemberField kRequestMembers[] = {
    {"model", Field::kGenAiRequestModel},
    {"max_tokens", Field::kGenAiRequestMaxTokens},
    {"max_tokens_to_sample", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
    {"top_k", Field::kGenAiRequestTopK},
    {"stop_sequences", Field::kGenAiRequestStopSequences},
    {"stream", Field::kGenAiRequestStream},
    {"service_tier", Field::kGenAiRequestServiceTier},
    {"tools", Field::kGenAiToolDefinitions},
};

constexpr MemberField kResponseMembers[] = {
    {"id", Field::kGenAiResponseId},
    {"model", Field::kGenAiResponseModel},
    {"request_id", Field::kHttpRequestId},
};

std::string_view system_text(const BodyPlace& place, JsonValue block) {
    std::string_view text = block["text"].text();
    if (!text.empty()) {
        place.keep_others(block, {"type", "text"});
    }
    return text;
}

// "\n\nHuman: …\n\nAssistant:" is one text to the old completion API; it is kept as the user typed
// it.
void read_prompt(const BodyPlace& place, JsonValue prompt) {
    if (!prompt.is_string()) {
        place.keep("prompt", prompt);
        return;
    }
    fill_text(place.record(), Field::kGenAiOperationName, "text_completion");
    MessagesWriter& out = place.scratch().input;
    out.begin_message("user");
    out.text(prompt.text());
    out.end_message();
}

// What a parameter that is kept as given means.
void read_parameter(AuditRecord& record, JsonMember parameter) {
    JsonValue value = parameter.value;
    if (parameter.key == "output_config") {
        fill(record, Field::kGenAiRequestReasoningEffort, value["effort"]);
        value = value["format"];
    }
    if (parameter.key.starts_with("output_") && value["type"].text() == "json_schema") {
        fill_text(record, Field::kGenAiOutputType, "json");
    }
}

}  // namespace

void read_anthropic_error(const BodyPlace& place, JsonValue error) {
    static constexpr MemberField kMembers[] = {{"type", Field::kErrorType},
                                               {"message", Field::kErrorMessage}};
    place.read_members(error, [&](JsonMember member) {
        return place.fill_member(kMembers, member.key, member.value);
    });
}

bool AnthropicUsage::read(const BodyPlace& place, JsonMember member) {
    JsonMember* counter = counter_of(member.key);
    if (counter != nullptr) {
        if (counter->value.exists() && counter->value.integer() != member.value.integer()) {
            return false;
        }
        *counter = member;
    } else if (member.key == "service_tier") {
        place.fill_or_keep(Field::kGenAiResponseServiceTier, member.key, member.value);
    } else {
        if (member.key == "output_tokens_details") {
            fill(place.record(), Field::kGenAiUsageReasoningOutputTokens,
                 member.value["thinking_tokens"]);
        }
        add_usage_detail(place, member.key, member.value);
    }
    return true;
}

JsonMember* AnthropicUsage::counter_of(std::string_view key) {
    if (key == "input_tokens") {
        return &counts.input;
    }
    if (key == "output_tokens") {
        return &counts.output;
    }
    if (key == "cache_read_input_tokens") {
        return &counts.cache_read;
    }
    return key == "cache_creation_input_tokens" ? &counts.cache_write : nullptr;
}

void read_anthropic_usage(const BodyPlace& place, JsonValue usage) {
    AnthropicUsage read;
    place.read_members(usage, [&](JsonMember member) { return read.read(place, member); });
    store_usage(place, read.counts);
}

void add_anthropic_stop_reason(AuditRecord& record, std::string_view reason) {
    add_finish_reason(record, reason);
    if (reason == "refusal") {
        record.set_boolean(Field::kResponseRefused, true);
    }
}

void read_anthropic_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        if (place.fill_member(kRequestMembers, member.key, member.value)) {
            continue;
        }
        if (member.key == "messages" && member.value.is_array()) {
            fill_text(record, Field::kGenAiOperationName, "chat");
            read_role_messages(place.below("messages"), member.value, write_anthropic_block);
        } else if (member.key == "system") {
            read_system_blocks(place.below("system"), member.value, system_text);
        } else if (member.key == "prompt") {
            read_prompt(place, member.value);
        } else if (member.key == "metadata" && member.value["user_id"].is_string()) {
            BodyPlace metadata = place.below("metadata");
            metadata.fill_or_keep(Field::kUserId, "user_id", member.value["user_id"]);
            metadata.keep_others(member.value, {"user_id"});
        } else {
            add_member(scratch.parameters, member.key, member.value);
            read_parameter(record, member);
        }
    }
}

void read_anthropic_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                             AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    JsonValue content = body["content"];
    JsonValue completion = body["completion"];
    std::string_view reason = body["stop_reason"].text();
    if (content.is_array() || content.is_string() || completion.is_string()) {
        std::string_view role = body["role"].text();
        scratch.output.begin_message(role.empty() ? "assistant" : role);
        if (completion.is_string()) {
            scratch.output.text(completion.text());
        }
        if (content.exists()) {
            write_blocks(place.below("content"), content, write_anthropic_block, scratch.output,
                         true);
        }
        scratch.output.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
    }
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        bool plain = key == "role" || key == "stop_reason" || key == "completion" ||
                     (key == "type" &&
                      (member.value.text() == "message" || member.value.text() == "completion"));
        if ((key == "content" && (member.value.is_array() || member.value.is_string())) ||
            (plain && member.value.is_string())) {
            if (key == "stop_reason") {
                add_anthropic_stop_reason(record, reason);
            }
            continue;
        }
        if (place.fill_member(kResponseMembers, key, member.value) ||
            read_bedrock_member(place, key, member.value)) {
            continue;
        }
        if (key == "usage") {
            read_anthropic_usage(place.below("usage"), member.value);
        } else if (key == "error") {
            read_anthropic_error(place.below("error"), member.value);
        } else {
            place.keep(key, member.value);
        }
    }
}

}  // namespace llmtrail
