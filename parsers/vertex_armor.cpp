// Model Armor's log of what it was given and what its filters found.
#include <array>
#include <string>

#include "parsers/vertex_parts.h"

namespace llmtrail::vertex {

namespace {

bool is_match(JsonValue state) {
    return state.text() == "MATCH_FOUND";
}

// {"matchState", "confidenceLevel", …}: one finding; deeper ones are objects by category.
void add_result(const BodyPlace& place, JsonValue result, std::string_view category,
                std::string_view target, bool blocks) {
    GuardrailResult row;
    row.name = "model_armor";
    row.provider = "gcp.model_armor";
    row.target = target;
    row.category = category;
    row.severity = result["confidenceLevel"].text();
    bool match = is_match(result["matchState"]);
    row.verdict = match ? "deny" : "allow";
    row.action = match && blocks ? "block" : "none";
    add_guardrail(place.scratch(), row);
}

// filterResults: {"rai": {"raiFilterResult": {"matchState", "raiFilterTypeResults": {"dangerous":
// {"confidenceLevel", "matchState"}}}}}. A filter's own state stands for it where no category does.
void read_filter(const BodyPlace& place, JsonValue result, std::string_view category,
                 std::string_view target, bool blocks, int depth) {
    constexpr int kDepthMax = 6;
    bool deeper = false;
    for (JsonMember member : result.members()) {
        BodyPlace here = place.below(member.key);
        bool state = member.key == "matchState" || member.key == "confidenceLevel";
        bool wraps = member.key.ends_with("Result") || member.key.ends_with("Results");
        if (member.value.is_object() && depth < kDepthMax) {
            deeper = true;
            read_filter(here, member.value, wraps ? category : member.key, target, blocks,
                        depth + 1);
        } else if (!state || !member.value.is_string()) {
            here.keep(member.value);
        }
    }
    if (!deeper && result["matchState"].is_string()) {
        add_result(place, result, category, target, blocks);
    }
    if (!result.is_object()) {
        place.keep(result);
    }
}

void read_result(const BodyPlace& place, JsonValue result, std::string_view target) {
    bool blocks = result["sanitizationVerdict"].text().ends_with("_BLOCK");
    for (JsonMember member : result.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key != "filterResults" || !member.value.is_container()) {
            here.keep(member.value);
            continue;
        }
        for (JsonMember filter : member.value.members()) {
            read_filter(here.below(filter.key), filter.value, filter.key, target, blocks, 0);
        }
        size_t index = 0;
        for (JsonValue filter : member.value.items()) {
            read_filter(here.below(index++), filter, {}, target, blocks, 0);
        }
    }
    place.scratch().guardrail_triggered |= is_match(result["filterMatchState"]);
    place.scratch().guardrail_blocked |= blocks;
}

}  // namespace

bool is_model_armor(JsonValue payload) {
    return payload["sanitizationResult"].is_object();
}

void read_model_armor(const BodyPlace& place, JsonValue payload) {
    AuditRecord& record = place.record();
    bool answer = payload["operationType"].text() == "SANITIZE_MODEL_RESPONSE";
    std::string_view target = answer ? "output" : "input";
    fill_text(record, Field::kEventKind, "guardrail");
    for (JsonMember member : payload.members()) {
        BodyPlace here = place.below(member.key);
        JsonValue text = member.value["text"];
        if (member.key == "sanitizationResult" && member.value.is_object()) {
            read_result(here, member.value, target);
        } else if (member.key == "operationType") {
            place.fill_or_keep(Field::kEventAction, member.key, member.value);
        } else if (member.key == "sanitizationInput" && text.is_string()) {
            MessagesWriter& out = answer ? place.scratch().output : place.scratch().input;
            out.begin_message(answer ? "assistant" : "user");
            out.text(text.text());
            out.end_message();
            here.keep_others(member.value, {"text"});
        } else {
            here.keep(member.value);
        }
    }
}

}  // namespace llmtrail::vertex
