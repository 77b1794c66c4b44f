// Results of the guardrails LiteLLM runs around a call.
#include <algorithm>
#include <array>
#include <string>

#include "base/json_text.h"
#include "parsers/litellm_parts.h"

namespace llmtrail::litellm {

namespace {

constexpr size_t kResultsMax = 64;   // of one call; what is beyond stays as it was given
constexpr size_t kEntitiesMax = 64;  // of one result

struct ModeRow {
    std::string_view mode;
    std::string_view target;
};

constexpr auto kModes = std::to_array<ModeRow>({
    {"pre_call", "input"},
    {"during_call", "input"},
    {"post_call", "output"},
    {"pre_mcp_call", "tool"},
    {"during_mcp_call", "tool"},
    {"post_mcp_call", "tool"},
});

// A text, a list of texts, or {"default": …}.
std::string_view target_of(JsonValue mode) {
    if (mode.is_object()) {
        mode = mode["default"];
    }
    auto items = mode.items();
    JsonValue first = mode.is_array() && items.begin() != items.end() ? *items.begin() : mode;
    for (const ModeRow& row : kModes) {
        if (row.mode == first.text()) {
            return row.target;
        }
    }
    return {};
}

// Guardrails of a model's provider by its name elsewhere; others have names of their own.
std::string_view provider_of(std::string_view word) {
    return word == "bedrock" ? "aws.bedrock" : word;
}

struct Verdict {
    std::string_view verdict;
    std::string_view action;
};

// A guardrail that did not answer or did not run has found nothing: no verdict.
Verdict verdict_of(std::string_view status, bool masked, bool failed) {
    if (status == "success") {
        return masked ? Verdict{"modify", "modify"} : Verdict{"allow", "none"};
    }
    if (status == "guardrail_flagged") {
        return {"warn", "none"};
    }
    if (status == "guardrail_intervened" || status == "blocked") {
        return masked && !failed ? Verdict{"modify", "modify"} : Verdict{"deny", "block"};
    }
    return {};
}

// What was looked at and what was found is content: the very text that was stopped may stand in it.
bool is_content(std::string_view key) {
    return key == "guardrail_response" || key == "guardrail_request" || key == "match_details";
}

class Results {
 public:
    explicit Results(bool failed) : failed_(failed) {}

    void read(JsonValue entry, const BodyPlace& place);
    void store(const BodyPlace& place);

 private:
    void add_rows(JsonValue entry, const BodyPlace& place, GuardrailResult& result);
    void add_content(JsonValue entry, std::string_view target);

    bool failed_;
    ArrayWriter input_;
    ArrayWriter output_;
};

// One row for each kind of entity or category that was found.
void Results::add_rows(JsonValue entry, const BodyPlace& place, GuardrailResult& result) {
    JsonValue masked = entry["masked_entity_count"];
    size_t rows = 0;
    for (auto [entity, count] : masked.members()) {
        if (rows == kEntitiesMax) {
            place.below("masked_entity_count").keep(entity, count);
            continue;
        }
        result.category = entity;
        result.match_count = count.integer();
        add_guardrail(place.scratch(), result);
        ++rows;
    }
    result.match_count.reset();
    for (JsonValue category : entry["violation_categories"].items()) {
        if (category.is_string() && rows < kEntitiesMax) {
            result.category = category.text();
            add_guardrail(place.scratch(), result);
            ++rows;
        } else {
            place.below("violation_categories").keep(category);
        }
    }
    if (rows == 0) {
        add_guardrail(place.scratch(), result);
    }
}

void Results::add_content(JsonValue entry, std::string_view target) {
    std::string members;
    for (auto [key, value] : entry.members()) {
        if (is_content(key)) {
            add_member(members, key, value);
        }
    }
    if (members.empty()) {
        return;
    }
    std::string& item = (target == "output" ? output_ : input_).item();
    item += "{\"name\":";
    append_json_string(item, entry["guardrail_name"].text());
    item.push_back(',');
    item += members;
    item.push_back('}');
}

void Results::read(JsonValue entry, const BodyPlace& place) {
    GuardrailResult result;
    result.name = entry["guardrail_name"].text();
    result.provider = provider_of(entry["guardrail_provider"].text());
    result.target = target_of(entry["guardrail_mode"]);
    result.rule_id = entry["guardrail_id"].text();
    result.score = entry["confidence_score"].real();
    JsonValue masked = entry["masked_entity_count"];
    JsonValue status = entry["guardrail_status"];
    Verdict verdict = verdict_of(status.text(), masked.size() > 0, failed_);
    result.verdict = verdict.verdict;
    result.action = verdict.action;
    add_rows(entry, place, result);
    add_content(entry, result.target);
    place.keep_unless_text(entry, {"guardrail_name", "guardrail_provider", "guardrail_id"});
    if (verdict.verdict.empty()) {
        place.keep("guardrail_status", status);
    }
    if (!masked.is_object()) {
        place.keep("masked_entity_count", masked);
    }
    if (!entry["violation_categories"].is_array()) {
        place.keep("violation_categories", entry["violation_categories"]);
    }
    if (!result.score) {
        place.keep("confidence_score", entry["confidence_score"]);
    }
    for (auto [key, value] : entry.members()) {
        static constexpr std::string_view kRead[] = {
            "guardrail_name",      "guardrail_provider",   "guardrail_id",    "guardrail_status",
            "masked_entity_count", "violation_categories", "confidence_score"};
        if (!is_content(key) &&
            std::find(std::begin(kRead), std::end(kRead), key) == std::end(kRead)) {
            place.keep(key, value);
        }
    }
}

void Results::store(const BodyPlace& place) {
    AuditRecord& record = place.record();
    if (input_.count() > 0) {
        record.set_json(Field::kGuardrailInputMatches, input_.json());
    }
    if (output_.count() > 0) {
        record.set_json(Field::kGuardrailOutputMatches, output_.json());
    }
}

}  // namespace

void read_guardrails(JsonValue information, const BodyPlace& place, bool failed) {
    Results results(failed);
    if (information.is_object()) {
        results.read(information, place);
    } else if (!information.is_array()) {
        place.keep(information);
    }
    size_t index = 0;
    for (JsonValue entry : information.items()) {
        BodyPlace here = place.below(index);
        if (entry.is_object() && index < kResultsMax) {
            results.read(entry, here);
        } else {
            here.keep(entry);
        }
        ++index;
    }
    results.store(place);
}

void read_applied_guardrails(JsonValue names, JsonValue information, const BodyPlace& place) {
    if (!names.is_array() || names.size() > kResultsMax || information.size() > kResultsMax) {
        place.keep(names);
        return;
    }
    size_t index = 0;
    for (JsonValue name : names.items()) {
        BodyPlace here = place.below(index++);
        auto names_it = [&](JsonValue entry) {
            return entry["guardrail_name"].text() == name.text();
        };
        bool told = names_it(information);
        for (JsonValue entry : information.items()) {
            told = told || names_it(entry);
        }
        if (!name.is_string()) {
            here.keep(name);
        } else if (!told && !name.text().empty()) {
            GuardrailResult result;
            result.name = name.text();
            add_guardrail(place.scratch(), result);
        }
    }
}

}  // namespace llmtrail::litellm
