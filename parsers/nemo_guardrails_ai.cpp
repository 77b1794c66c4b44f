// Validation outcomes of Guardrails AI: {call_id, raw_llm_output, validated_output,
// validation_passed, validation_summaries: [{validator_name, validator_status, failure_reason,
// error_spans}]}, also with names in camel case.
#include <algorithm>
#include <array>
#include <string>

#include "base/json_text.h"
#include "parsers/common_names.h"
#include "parsers/nemo_parts.h"

namespace llmtrail::nemo {

namespace {

constexpr size_t kSummariesMax = 256;  // of one outcome; what is beyond stays as it was given

struct Names {
    std::string_view snake;
    std::string_view camel;
};

constexpr Names kCallId = {"call_id", "callId"};
constexpr Names kRaw = {"raw_llm_output", "rawLlmOutput"};
constexpr Names kValidated = {"validated_output", "validatedOutput"};
constexpr Names kPassed = {"validation_passed", "validationPassed"};
constexpr Names kSummaries = {"validation_summaries", "validationSummaries"};
constexpr Names kValidator = {"validator_name", "validatorName"};
constexpr Names kStatus = {"validator_status", "validatorStatus"};
constexpr Names kReason = {"failure_reason", "failureReason"};
constexpr Names kSpans = {"error_spans", "errorSpans"};

bool is_named(std::string_view key, const Names& names) {
    return key == names.snake || key == names.camel;
}

JsonValue member_of(JsonValue object, const Names& names) {
    JsonValue value = object[names.snake];
    return value.exists() ? value : object[names.camel];
}

// What was done with an answer that did not pass: withheld, changed, or nothing.
std::string_view action_of(JsonValue outcome) {
    JsonValue validated = member_of(outcome, kValidated);
    if (!validated.exists() || validated.is_null()) {
        return "block";
    }
    return validated.json() == member_of(outcome, kRaw).json() ? "none" : "modify";
}

// Why it failed may repeat what was found: content. A validator that neither passed nor failed has
// found nothing: no verdict.
void read_summary(JsonValue summary, const BodyPlace& place, std::string_view action,
                  ArrayWriter& matches) {
    std::string_view status = member_of(summary, kStatus).text();
    bool failed = status == "fail";
    bool passed = status == "pass";
    GuardrailResult result;
    result.name = member_of(summary, kValidator).text();
    result.provider = "guardrails-ai";
    result.target = "output";
    if (failed || passed) {
        result.verdict = failed ? "deny" : "allow";
        result.action = failed ? action : "none";
    }
    add_guardrail(place.scratch(), result);
    std::string found;
    for (auto [key, value] : summary.members()) {
        if (is_named(key, kReason) || is_named(key, kSpans)) {
            add_member(found, key, value);
        } else if (!(is_named(key, kValidator) && value.is_string()) &&
                   !(is_named(key, kStatus) && (failed || passed))) {
            place.keep(key, value);
        }
    }
    if (!found.empty()) {
        std::string& item = matches.item();
        item += "{\"name\":";
        append_json_string(item, result.name);
        item.push_back(',');
        item += found;
        item.push_back('}');
    }
}

void read_summaries(JsonValue summaries, const BodyPlace& place, std::string_view action) {
    ArrayWriter matches;
    size_t index = 0;
    for (JsonValue summary : summaries.items()) {
        BodyPlace here = place.below(index);
        if (summary.is_object() && index < kSummariesMax) {
            read_summary(summary, here, action, matches);
        } else {
            here.keep(summary);
        }
        ++index;
    }
    if (!summaries.is_array()) {
        place.keep(summaries);
    }
    if (matches.count() > 0) {
        place.record().set_json(Field::kGuardrailOutputMatches, matches.json());
    }
}

// The answer is what passed; what the model said and the user never saw is a detail.
void read_texts(JsonValue outcome, BodyScratch& scratch) {
    JsonValue raw = member_of(outcome, kRaw);
    JsonValue validated = member_of(outcome, kValidated);
    if (validated.exists() && !validated.is_null()) {
        scratch.output.begin_message("assistant");
        scratch.output.text(validated.is_string() ? validated.text() : validated.json());
        scratch.output.end_message();
    }
    if (raw.json() != validated.json()) {
        add_member(scratch.details, "raw_llm_output", raw);
    }
}

}  // namespace

bool is_outcome(JsonValue document) {
    return member_of(document, kPassed).boolean().has_value() &&
           (member_of(document, kSummaries).is_array() || member_of(document, kRaw).exists()) &&
           member_of(document, kCallId).exists();
}

void read_outcome(JsonValue document, const BodyPlace& place, const ParseContext& context) {
    AuditRecord& record = place.record();
    bool passed = *member_of(document, kPassed).boolean();
    fill_text(record, Field::kEventDataset, "guardrails_ai.validation_outcome");
    fill_text(record, Field::kEventKind, "guardrail");
    fill_text(record, Field::kEventAction, "validate");
    fill_text(record, Field::kEventOutcome, passed ? "success" : "failure");
    read_texts(document, place.scratch());
    for (auto [key, value] : document.members()) {
        BodyPlace here = place.below(key);
        if (value.is_null() || is_named(key, kRaw) || is_named(key, kValidated) ||
            is_named(key, kPassed)) {
            continue;
        }
        if (is_named(key, kCallId)) {
            place.fill_or_keep(Field::kRecordNativeId, key, value);
        } else if (is_named(key, kSummaries)) {
            read_summaries(value, here, action_of(document));
        } else if (key == "error") {
            place.fill_or_keep(Field::kErrorMessage, key, value);
        }
    }
    // What the application has put beside it: when, who, from where.
    static constexpr std::string_view kRead[] = {"call_id",
                                                 "callId",
                                                 "raw_llm_output",
                                                 "rawLlmOutput",
                                                 "validated_output",
                                                 "validatedOutput",
                                                 "validation_summaries",
                                                 "validationSummaries",
                                                 "validation_passed",
                                                 "validationPassed",
                                                 "error"};
    apply_common_names(document, "", kRead, context, record, place.scratch());
}

}  // namespace llmtrail::nemo
