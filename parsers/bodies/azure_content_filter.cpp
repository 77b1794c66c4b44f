// Azure's content filter, beside prompts (prompt_filter_results), answers (content_filter_results)
// and in the error of a blocked prompt (innererror.content_filter_result).
#include <algorithm>

#include "bodies/openai_parts.h"

namespace llmtrail::openai {

namespace {

constexpr std::string_view kFilterName = "azure_content_filter";
constexpr std::string_view kFilterProvider = "azure";

// safe, low, medium, high as the catalogue's 0..1.
std::optional<double> score_of_severity(std::string_view severity) {
    if (severity == "safe") {
        return 0.0;
    }
    if (severity == "low") {
        return 0.33;
    }
    if (severity == "medium") {
        return 0.67;
    }
    return severity == "high" ? std::optional(1.0) : std::nullopt;
}

void raise_toxicity(AuditRecord& record, std::string_view target, double score) {
    Field field = target == "input" ? Field::kPromptToxicity : Field::kResponseToxicity;
    double now = record.real(field).value_or(0.0);
    record.set_real(field, std::max(now, score));
    record.set_text(
        target == "input" ? Field::kPromptToxicityMethod : Field::kResponseToxicityMethod,
        "mapped_severity");
}

// What a result says was found and done.
struct Flags {
    bool filtered = false;
    bool detected = false;
    bool redacted = false;  // personal data: taken out of the text, which went on
};

void settle(GuardrailResult& result, const Flags& flags) {
    result.verdict = flags.filtered   ? "deny"
                     : flags.redacted ? "modify"
                     : flags.detected ? "warn"
                                      : "allow";
    result.action = flags.filtered ? "block" : flags.redacted ? "modify" : "none";
}

// {"error": {"code", "message"}} in place of the results: the filter did not run, so that there is
// no verdict.
void read_filter_error(JsonValue error, const BodyPlace& place, std::string_view target) {
    GuardrailResult result;
    result.name = kFilterName;
    result.provider = kFilterProvider;
    result.target = target;
    result.category = "error";
    result.rule_id = error["code"].text();
    add_guardrail(place.scratch(), result);
    place.keep_others(error, {"code"});
    place.keep_unless_text(error, {"code"});
}

bool read_category(std::string_view category, JsonValue value, const BodyPlace& place,
                   std::string_view target) {
    GuardrailResult result;
    result.name = kFilterName;
    result.provider = kFilterProvider;
    result.target = target;
    result.category = category;
    Flags flags;
    for (auto [key, member] : value.members()) {
        if (key == "filtered" && member.boolean()) {
            flags.filtered = *member.boolean();
        } else if (key == "detected" && member.boolean()) {
            flags.detected = *member.boolean();
        } else if (key == "redacted" && member.boolean()) {
            flags.redacted = *member.boolean();
        } else if (key == "severity" && member.is_string()) {
            result.severity = member.text();
            if (auto score = score_of_severity(result.severity)) {
                raise_toxicity(place.record(), target, *score);
            }
        } else if (key == "id" && member.is_string()) {
            result.rule_id = member.text();
        } else {
            place.keep(key, member);
        }
    }
    settle(result, flags);
    add_guardrail(place.scratch(), result);
    return flags.filtered;
}

}  // namespace

// custom_blocklists: an array in some versions, {filtered, details: array} in others.
bool read_filter_result(std::string_view category, JsonValue result, const BodyPlace& place,
                        std::string_view target) {
    if (category == "error" && result.is_object() && !result["filtered"].exists()) {
        read_filter_error(result, place, target);
        return false;
    }
    JsonValue list = result.is_array() ? result : result["details"];
    if (!list.is_array()) {
        if (result.is_object()) {
            return read_category(category, result, place, target);
        }
        place.keep(result);
        return false;
    }
    bool filtered = false;
    size_t index = 0;
    for (JsonValue item : list.items()) {
        filtered = read_category(category, item, place.below(index++), target) || filtered;
    }
    for (auto [key, value] : result.members()) {
        if (key == "filtered" && index == 0) {
            filtered = read_category(category, result, place, target);
        } else if (key != "details" && (key != "filtered" || value.boolean() != filtered)) {
            place.keep(key, value);
        }
    }
    return filtered;
}

bool read_filter_results(JsonValue results, const BodyPlace& place, std::string_view target) {
    bool filtered = false;
    for (auto [category, result] : results.members()) {
        filtered = read_filter_result(category, result, place.below(category), target) || filtered;
    }
    return filtered;
}

void read_prompt_filter_results(JsonValue results, const BodyPlace& place) {
    if (!results.is_array()) {
        place.keep(results);
        return;
    }
    int64_t index = 0;
    for (JsonValue prompt : results.items()) {
        BodyPlace here = place.below(static_cast<size_t>(index));
        for (auto [key, value] : prompt.members()) {
            if ((key == "content_filter_results" || key == "content_filter_result") &&
                value.is_object()) {
                read_filter_results(value, here.below(key), "input");
            } else if (key != "prompt_index" || value.integer() != index) {
                here.keep(key, value);
            }
        }
        ++index;
    }
}

void add_unnamed_block(BodyScratch& scratch, std::string_view target) {
    GuardrailResult result;
    result.name = "content_filter";
    result.target = target;
    settle(result, {true, true, false});
    add_guardrail(scratch, result);
}

}  // namespace llmtrail::openai
