// What Kong's AI plugins say of a call.
#include <cmath>
#include <string>

#include "bodies/usage_detail.h"
#include "parsers/kong_parts.h"

namespace llmtrail::kong {

namespace {

constexpr std::string_view kUnspecified = "UNSPECIFIED";

constexpr MemberField kUsage[] = {
    {"prompt_tokens", Field::kGenAiUsageInputTokens},
    {"prompt_token", Field::kGenAiUsageInputTokens},  // in documents of 3.8
    {"input_tokens", Field::kGenAiUsageInputTokens},
    {"completion_tokens", Field::kGenAiUsageOutputTokens},
    {"completion_token", Field::kGenAiUsageOutputTokens},
    {"output_tokens", Field::kGenAiUsageOutputTokens},
    {"total_tokens", Field::kGenAiUsageTotalTokens},
    {"cost", Field::kUsageCostUsd},
};

void read_meta(const BodyPlace& place, JsonValue meta) {
    AuditRecord& record = place.record();
    for (JsonMember member : meta.members()) {
        std::string_view text = member.value.text();
        if (text == kUnspecified) {
            place.keep(member.key, member.value);
        } else if (member.key == "provider_name" && !text.empty()) {
            std::string provider = provider_of_gateway(text);
            if (!fill_text(record, Field::kGenAiProviderName, provider) || provider != text) {
                place.keep(member.key, member.value);
            }
        } else if (member.key == "request_model") {
            place.fill_or_keep(Field::kGenAiRequestModel, member.key, member.value);
        } else if (member.key == "response_model") {
            place.fill_or_keep(Field::kGenAiResponseModel, member.key, member.value);
        } else if (member.key == "request_mode" && (text == "stream" || text == "oneshot")) {
            record.set_boolean(Field::kGenAiRequestStream, text == "stream");
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!meta.is_object()) {
        place.keep(meta);
    }
}

void read_first_token(const BodyPlace& place, JsonMember member) {
    constexpr double kMillisPerSecond = 1000.0;
    auto millis = member.value.real();
    AuditRecord& record = place.record();
    if (!millis || *millis < 0 || record.has(Field::kGenAiResponseTimeToFirstChunk)) {
        return place.keep(member.key, member.value);
    }
    record.set_real(Field::kGenAiResponseTimeToFirstChunk, *millis / kMillisPerSecond);
}

void read_usage(const BodyPlace& place, JsonValue usage) {
    AuditRecord& record = place.record();
    for (JsonMember member : usage.members()) {
        if (member.key == "time_to_first_token") {
            read_first_token(place, member);
        } else if (member.key.ends_with("_details") && member.value.is_object()) {
            fill(record, Field::kGenAiUsageCacheReadInputTokens, member.value["cached_tokens"]);
            fill(record, Field::kGenAiUsageReasoningOutputTokens, member.value["reasoning_tokens"]);
            add_usage_detail(place, member.key, member.value);
        } else if (member.key == "llm_accuracy") {  // of the plugin that judges
            place.fill_or_keep(Field::kGenAiEvaluationScoreValue, member.key, member.value);
        } else if (!place.fill_member(kUsage, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
    if (!usage.is_object()) {
        place.keep(usage);
    }
}

void read_cache(const BodyPlace& place, JsonValue cache) {
    for (JsonMember member : cache.members()) {
        std::string_view text = member.value.text();
        bool hit = text == "Hit";
        if (member.key == "cache_status" && (hit || text == "Miss")) {
            place.record().set_boolean(Field::kResponseCached, hit);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!cache.is_object()) {
        place.keep(cache);
    }
}

// {"input_block_reason": "moderated_content/hate", "input_block_detail": [{"detector_type",
// "policy_id", "detected", …}], the same of the output, …}
void read_lakera(const BodyPlace& place, JsonValue guard) {
    for (std::string_view target : {"input", "output"}) {
        std::string reason_key = std::string(target) + "_block_reason";
        std::string detail_key = std::string(target) + "_block_detail";
        JsonValue details = guard[detail_key];
        BodyPlace list = place.below(detail_key);
        size_t index = 0;
        for (JsonValue detail : details.items()) {
            BodyPlace here = list.below(index++);
            bool detected = detail["detected"].boolean().value_or(true);
            GuardrailResult row;
            row.name = "lakera-guard";
            row.provider = "lakera";
            row.target = target;
            row.verdict = detected ? "deny" : "allow";
            row.action = detected ? "block" : "none";
            row.category = detail["detector_type"].text();
            row.rule_id = detail["policy_id"].text();
            add_guardrail(place.scratch(), row);
            here.keep_others(detail, {"detected", "detector_type", "policy_id"});
        }
        std::string_view reason = guard[reason_key].text();
        if (index == 0 && !reason.empty()) {
            GuardrailResult row{"lakera-guard", "lakera", target, "deny", "block",
                                reason,         {},       {},     {},     {}};
            add_guardrail(place.scratch(), row);
        } else {
            place.keep(reason_key, guard[reason_key]);
        }
        if (!details.is_array()) {
            place.keep(detail_key, details);
        }
    }
    place.keep_others(guard, {"input_block_reason", "input_block_detail", "output_block_reason",
                              "output_block_detail"});
}

void read_rag(const BodyPlace& place, JsonValue rag) {
    for (JsonValue chunk : rag["chunk_ids"].items()) {
        DataSource source;
        source.type = rag["vector_db"].text();
        source.id = chunk.text();
        if (!source.id.empty()) {
            add_data_source(place.scratch(), source);
        }
    }
    bool known = rag["chunk_ids"].is_array();
    for (JsonMember member : rag.members()) {
        bool taken = known && (member.key == "chunk_ids" || member.key == "vector_db");
        if (!taken || !(member.value.is_array() || member.value.is_string())) {
            place.keep(member.key, member.value);
        }
    }
}

// What was found stands in the log as it was: the texts are content.
void read_sanitizer(const BodyPlace& place, JsonValue sanitizer) {
    AuditRecord& record = place.record();
    auto found = sanitizer["pii_identified"].integer();
    auto masked = sanitizer["pii_sanitized"].integer();
    GuardrailResult row;
    row.name = "ai-sanitizer";
    row.provider = "kong";
    row.category = "pii";
    row.match_count = found;
    bool modified = masked.value_or(0) > 0;
    row.verdict = modified ? "modify" : found.value_or(0) > 0 ? "warn" : "allow";
    row.action = modified ? "modify" : "none";
    add_guardrail(place.scratch(), row);
    for (JsonMember member : sanitizer.members()) {
        if (member.key == "sanitized_items" && member.value.is_array() &&
            !record.has(Field::kGuardrailInputMatches)) {
            record.set_json(Field::kGuardrailInputMatches, member.value.json());
        } else if (member.key != "pii_identified" || !found) {
            place.keep(member.key, member.value);
        }
    }
}

// {"azure_content_safety": {"Hate": "High"}}
void read_audit(const BodyPlace& place, JsonValue audit) {
    for (JsonMember member : audit.members()) {
        BodyPlace here = place.below(member.key);
        for (JsonMember level : member.value.members()) {
            std::string severity =
                level.value.is_string() ? std::string(level.value.text()) : level.value.json();
            GuardrailResult row;
            row.name = member.key;
            row.provider = "kong";
            row.target = "input";
            row.verdict = "warn";
            row.category = level.key;
            row.severity = severity;
            if (level.value.is_container()) {
                here.keep(level.key, level.value);
            } else {
                add_guardrail(place.scratch(), row);
            }
        }
        if (!member.value.is_object()) {
            here.keep(member.value);
        }
    }
}

void read_plugin_member(const BodyPlace& place, JsonMember member) {
    BodyPlace here = place.below(member.key);
    if (member.key == "meta") {
        read_meta(here, member.value);
    } else if (member.key == "usage") {
        read_usage(here, member.value);
    } else if (member.key == "cache") {
        read_cache(here, member.value);
    } else if (member.key == "lakera-guard" && member.value.is_object()) {
        read_lakera(here, member.value);
    } else if (member.key == "rag-inject" && member.value.is_object()) {
        read_rag(here, member.value);
    } else if (member.key == "ai-llm-as-judge" && member.value.is_object()) {
        fill_text(place.record(), Field::kGenAiEvaluationName, member.key);
        read_usage(here.below("usage"), member.value["usage"]);
        here.keep_others(member.value, {"usage"});
    } else if (member.key != "payload") {
        here.keep(member.value);
    }
}

}  // namespace

bool is_model_call(JsonValue plugin) {
    return plugin["meta"].is_object() || plugin["usage"].is_object() ||
           plugin["payload"].is_object() || plugin["cache"].is_object();
}

void read_model_call(const BodyPlace& place, JsonValue plugin, const BodyPlace& shared_place,
                     JsonValue shared, GatewayCall& call) {
    AuditRecord& record = place.record();
    for (JsonMember member : plugin.members()) {
        read_plugin_member(place, member);
    }
    JsonValue payload = plugin["payload"];
    BodyPlace own = place.below("payload");
    bool own_request = payload["request"].exists();
    std::string request_path = (own_request ? own : shared_place).below("request").path();
    bool own_response = payload["response"].exists();
    std::string response_path = (own_response ? own : shared_place).below("response").path();
    GatewayCall::Side request{own_request ? payload["request"] : shared["request"], request_path};
    GatewayCall::Side response{own_response ? payload["response"] : shared["response"],
                               response_path};
    std::string url_path(record.text(Field::kUrlPath));
    if (!call.read(request, response, url_path, place.scratch(), record)) {
        fill_text(record, Field::kEventKind, "inference");
    }
    own.keep_others(payload.is_object() ? payload : JsonValue(), {"request", "response"});
    if (shared.is_object()) {
        shared_place.keep_others(shared, {"request", "response"});
        if (own_request) {
            shared_place.keep("request", shared["request"]);
        }
        if (own_response) {
            shared_place.keep("response", shared["response"]);
        }
    }
}

bool read_guard(const BodyPlace& place, std::string_view name, JsonValue plugin) {
    bool sanitizer = name == "sanitizer" || name == "ai-sanitizer";
    if (!plugin.is_object() || (!sanitizer && name != "audit")) {
        return false;
    }
    sanitizer ? read_sanitizer(place, plugin) : read_audit(place, plugin);
    return true;
}

}  // namespace llmtrail::kong
