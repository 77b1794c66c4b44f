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
    place.read_members(config, [&](JsonMember member) {
        return place.fill_member(kInferenceMembers, member.key, member.value);
    });
}

void read_tool_config(const BodyPlace& place, JsonValue config) {
    place.read_members(config, [&](JsonMember member) {
        if (member.key == "tools") {
            place.fill_or_keep(Field::kGenAiToolDefinitions, member.key, member.value);
        } else {
            add_member(place.scratch().parameters, member.key, member.value);
        }
        return true;
    });
}

void read_output(const BodyPlace& place, JsonValue output, std::string_view reason) {
    place.read_members(output, [&](JsonMember member) {
        bool message = member.key == "message" && member.value.is_object();
        if (message) {
            read_answer_message(place.below(member.key), member.value, write_converse_block,
                                reason);
        }
        return message;
    });
}

struct CounterRow {
    std::string_view key;
    JsonMember UsageCounts::*counter;
};

constexpr CounterRow kCounters[] = {
    {"inputTokens", &UsageCounts::input},
    {"outputTokens", &UsageCounts::output},
    {"totalTokens", &UsageCounts::total},
    {"cacheReadInputTokens", &UsageCounts::cache_read},
    {"cacheReadInputTokenCount", &UsageCounts::cache_read},
    {"cacheWriteInputTokens", &UsageCounts::cache_write},
    {"cacheWriteInputTokenCount", &UsageCounts::cache_write},
};

JsonMember* counter_of(UsageCounts& counts, std::string_view key) {
    for (const CounterRow& row : kCounters) {
        if (row.key == key) {
            return &(counts.*row.counter);
        }
    }
    return nullptr;
}

// {"type": "priority"}
void read_service_tier(const BodyPlace& place, Field field, JsonValue tier) {
    place.fill_or_keep(field, "type", tier["type"]);
    place.keep_others(tier, {"type"});
}

}  // namespace

static void read_converse_usage(const BodyPlace& place, JsonValue usage) {
    UsageCounts counts;
    counts.input_excludes_cache = true;
    place.read_members(usage, [&](JsonMember member) {
        JsonMember* counter = counter_of(counts, member.key);
        if (counter == nullptr) {
            add_usage_detail(place, member.key, member.value);
        } else if (!counter->value.exists()) {
            *counter = member;
        }
        return counter == nullptr || counter->value.integer() == member.value.integer();
    });
    store_usage(place, counts);
}

static void read_converse_metrics(const BodyPlace& place, JsonValue metrics) {
    place.read_members(metrics, [&](JsonMember member) {
        bool latency = member.key == "latencyMs";
        if (latency) {
            fill_milliseconds(place, member.key, member.value);
        }
        return latency;
    });
}

bool read_converse_facts(const BodyPlace& here, JsonMember member) {
    if (member.key == "usage") {
        read_converse_usage(here, member.value);
    } else if (member.key == "metrics") {
        read_converse_metrics(here, member.value);
    } else if (member.key == "trace") {
        read_bedrock_trace(here, member.value);
    } else {
        return false;
    }
    return true;
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
        } else if (key == "serviceTier") {
            read_service_tier(here, Field::kGenAiResponseServiceTier, member.value);
        } else if (key == "additionalModelResponseFields" || key == "performanceConfig") {
            add_member(scratch.details, key, member.value);
        } else if (!read_converse_facts(here, member) &&
                   !read_bedrock_member(place, key, member.value)) {
            here.keep(member.value);
        }
    }
}

}  // namespace llmtrail
