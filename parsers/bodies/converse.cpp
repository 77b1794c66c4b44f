#include "bodies/converse.h"

#include "bodies/bedrock_guardrail.h"
#include "bodies/converse_parts.h"
#include "bodies/role_messages.h"
#include "bodies/usage_detail.h"

namespace llmtrail {

namespace {

constexpr MemberField kInferenceMembers[] = {
    {"maxTokens", Field::kGenAiRequestMaxTokens},
    {"max_new_tokens", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"topP", Field::kGenAiRequestTopP},
    {"top_p", Field::kGenAiRequestTopP},
    {"topK", Field::kGenAiRequestTopK},
    {"top_k", Field::kGenAiRequestTopK},
    {"stopSequences", Field::kGenAiRequestStopSequences},
};

void read_inference_config(const BodyPlace& place, JsonValue config) {
    for (JsonMember member : config.members()) {
        if (!place.fill_member(kInferenceMembers, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
    if (!config.is_object()) {
        place.keep(config);
    }
}

void read_tool_config(const BodyPlace& place, JsonValue config) {
    for (JsonMember member : config.members()) {
        if (member.key == "tools") {
            place.fill_or_keep(Field::kGenAiToolDefinitions, member.key, member.value);
        } else {
            add_member(place.scratch().parameters, member.key, member.value);
        }
    }
    if (!config.is_object()) {
        place.keep(config);
    }
}

void read_output(const BodyPlace& place, JsonValue output, std::string_view reason) {
    for (JsonMember member : output.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key == "message" && member.value.is_object()) {
            read_answer_message(here, member.value, write_converse_block, reason);
        } else {
            here.keep(member.value);
        }
    }
    if (!output.is_object()) {
        place.keep(output);
    }
}

// {"type": "priority"}
void read_service_tier(const BodyPlace& place, Field field, JsonValue tier) {
    place.fill_or_keep(field, "type", tier["type"]);
    place.keep_others(tier, {"type"});
}

}  // namespace

void read_converse_usage(const BodyPlace& place, JsonValue usage) {
    UsageCounts counts;
    counts.input_excludes_cache = true;
    auto once = [&](JsonMember& into, JsonMember member) {
        if (!into.value.exists()) {
            into = member;
        } else if (into.value.integer() != member.value.integer()) {
            place.keep(member.key, member.value);
        }
    };
    for (JsonMember member : usage.members()) {
        std::string_view key = member.key;
        if (key == "inputTokens") {
            once(counts.input, member);
        } else if (key == "outputTokens") {
            once(counts.output, member);
        } else if (key == "totalTokens") {
            once(counts.total, member);
        } else if (key == "cacheReadInputTokens" || key == "cacheReadInputTokenCount") {
            once(counts.cache_read, member);
        } else if (key == "cacheWriteInputTokens" || key == "cacheWriteInputTokenCount") {
            once(counts.cache_write, member);
        } else {
            add_usage_detail(place, key, member.value);
        }
    }
    if (!usage.is_object()) {
        place.keep(usage);
    }
    store_usage(place, counts);
}

void read_converse_metrics(const BodyPlace& place, JsonValue metrics) {
    for (JsonMember member : metrics.members()) {
        if (member.key == "latencyMs") {
            fill_milliseconds(place, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!metrics.is_object()) {
        place.keep(metrics);
    }
}

void read_converse_stop_reason(const BodyPlace& place, std::string_view key, JsonValue reason) {
    if (!reason.is_string()) {
        place.keep(key, reason);
        return;
    }
    add_finish_reason(place.record(), reason.text());
    if (reason.text() == "guardrail_intervened") {
        place.scratch().guardrail_triggered = true;
        place.record().set_boolean(Field::kGuardrailTriggered, true);
    }
}

void read_converse_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        if (key == "messages" && member.value.is_array()) {
            fill_text(record, Field::kGenAiOperationName, "chat");
            read_role_messages(here, member.value, write_converse_block);
        } else if (key == "system") {
            read_system_blocks(here, member.value, converse_system_text);
        } else if (key == "inferenceConfig") {
            read_inference_config(here, member.value);
        } else if (key == "toolConfig") {
            read_tool_config(here, member.value);
        } else if (key == "guardrailConfig" || key == "performanceConfig" ||
                   key == "additionalModelRequestFields" || key == "promptVariables") {
            add_member(scratch.parameters, key, member.value);
        } else if (key == "serviceTier") {
            read_service_tier(here, Field::kGenAiRequestServiceTier, member.value);
        } else if (key == "modelId") {
            place.fill_or_keep(Field::kGenAiRequestModel, key, member.value);
        } else {
            here.keep(member.value);
        }
    }
}

void read_converse_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    std::string_view reason = body["stopReason"].text();
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        if (key == "output") {
            read_output(here, member.value, reason);
        } else if (key == "stopReason") {
            read_converse_stop_reason(place, key, member.value);
        } else if (key == "usage") {
            read_converse_usage(here, member.value);
        } else if (key == "metrics") {
            read_converse_metrics(here, member.value);
        } else if (key == "trace") {
            read_bedrock_trace(here, member.value);
        } else if (key == "serviceTier") {
            read_service_tier(here, Field::kGenAiResponseServiceTier, member.value);
        } else if (key == "additionalModelResponseFields" || key == "performanceConfig") {
            add_member(scratch.details, key, member.value);
        } else if (!read_bedrock_member(place, key, member.value)) {
            here.keep(member.value);
        }
    }
}

}  // namespace llmtrail
