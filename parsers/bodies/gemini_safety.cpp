// What Gemini's filters found and did, why an answer ended, and errors.
#include <algorithm>

#include "bodies/gemini_parts.h"

namespace llmtrail {

namespace gemini {

namespace {

constexpr std::string_view kToxic[] = {"HATE", "HARASSMENT", "VIOLENCE", "TOXICITY", "DEROGATORY"};

bool is_toxic(std::string_view category) {
    return std::any_of(std::begin(kToxic), std::end(kToxic), [&](std::string_view word) {
        return category.find(word) != std::string_view::npos;
    });
}

void raise_toxicity(AuditRecord& record, std::string_view target, double score) {
    bool input = target == "input";
    Field field = input ? Field::kPromptToxicity : Field::kResponseToxicity;
    record.set_real(field, std::max(record.real(field).value_or(0.0), score));
    record.set_text(input ? Field::kPromptToxicityMethod : Field::kResponseToxicityMethod,
                    "provider_score");
}

bool is_high(std::string_view level) {
    return level == "MEDIUM" || level == "HIGH";
}

struct Rating {
    std::string_view category;
    std::string_view probability;
    std::string_view severity;
    std::optional<double> score;
    bool blocked = false;
};

Rating rating_of(const BodyPlace& place, JsonValue value) {
    Rating rating;
    const AuditRecord& record = place.record();
    auto take = [&](std::string_view& into, GoogleEnum of, JsonMember member) {
        into = enum_name(of, member.value, record);
        if (into.empty()) {
            place.keep(member.key, member.value);
        }
    };
    for (JsonMember member : value.members()) {
        if (is_named(member.key, "category")) {
            take(rating.category, GoogleEnum::kHarmCategory, member);
        } else if (is_named(member.key, "probability")) {
            take(rating.probability, GoogleEnum::kHarmLevel, member);
        } else if (is_named(member.key, "severity")) {
            take(rating.severity, GoogleEnum::kHarmLevel, member);
        } else if (is_named(member.key, "probabilityscore") && member.value.real()) {
            rating.score = member.value.real();
        } else if (is_named(member.key, "blocked") && member.value.boolean()) {
            rating.blocked = *member.value.boolean();
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!value.is_object()) {
        place.keep(value);
    }
    return rating;
}

}  // namespace

bool read_safety_ratings(const BodyPlace& place, JsonValue ratings, std::string_view target) {
    bool blocked = false;
    size_t index = 0;
    for (JsonValue value : ratings.items()) {
        BodyPlace here = place.below(index++);
        Rating rating = rating_of(here, value);
        if (!value.is_object()) {
            continue;
        }
        GuardrailResult result;
        result.name = "safety_rating";
        result.provider = place.record().text(Field::kGenAiProviderName);
        result.target = target;
        result.category = rating.category;
        result.score = rating.score;
        result.severity = rating.severity.empty() ? rating.probability : rating.severity;
        bool high = is_high(rating.probability) || is_high(rating.severity);
        result.verdict = rating.blocked ? "deny" : high ? "warn" : "allow";
        result.action = rating.blocked ? "block" : "none";
        add_guardrail(place.scratch(), result);
        if (!rating.severity.empty() && rating.severity != rating.probability) {
            std::string path = here.path();
            place.scratch().unmapped.add_text(path + ".probability", rating.probability);
        }
        if (rating.score && *rating.score >= 0 && *rating.score <= 1 && is_toxic(rating.category)) {
            raise_toxicity(place.record(), target, *rating.score);
        }
        blocked = blocked || rating.blocked;
    }
    return blocked;
}

void add_block(const BodyPlace& place, std::string_view name, std::string_view target,
               std::string_view reason) {
    GuardrailResult result;
    result.name = name;
    result.provider = place.record().text(Field::kGenAiProviderName);
    result.target = target;
    result.verdict = "deny";
    result.action = "block";
    result.category = reason;
    add_guardrail(place.scratch(), result);
}

bool read_prompt_feedback(const BodyPlace& place, JsonValue feedback) {
    bool blocked = false;
    for (JsonMember member : feedback.members()) {
        if (is_named(member.key, "safetyratings") && member.value.is_array()) {
            blocked =
                read_safety_ratings(place.below(member.key), member.value, "input") || blocked;
        } else if (is_named(member.key, "blockreason")) {
            std::string_view reason =
                enum_name(GoogleEnum::kBlockReason, member.value, place.record());
            if (reason.empty() || reason.ends_with("UNSPECIFIED")) {
                place.keep(member.key, member.value);
                continue;
            }
            blocked = true;
            add_block(place, "prompt_feedback", "input", reason);
        } else if (is_named(member.key, "blockreasonmessage")) {
            add_member(place.scratch().details, "blockReasonMessage", member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    return blocked;
}

std::string_view finish_word(JsonValue reason, const AuditRecord& record) {
    std::string_view name = enum_name(GoogleEnum::kFinishReason, reason, record);
    return reason.exists() ? normalized_finish_reason(name) : std::string_view();
}

void add_finish(const BodyPlace& place, JsonValue reason) {
    AuditRecord& record = place.record();
    std::string raw = reason.is_string() ? std::string(reason.text()) : reason.json();
    record.append_to_list(Field::kGenAiResponseFinishReasons, finish_word(reason, record));
    record.append_to_list(Field::kFinishReasonRaw, raw);
}

}  // namespace gemini

void read_google_error(JsonValue error, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    record.set_text(Field::kEventOutcome, "failure");
    if (!error.is_object()) {
        if (!fill(record, Field::kErrorMessage, error)) {
            place.keep(error);
        }
        return;
    }
    bool named = error["status"].is_string();
    for (JsonMember member : error.members()) {
        if (member.key == "message") {
            place.fill_or_keep(Field::kErrorMessage, member.key, member.value);
        } else if (member.key == "status" || (member.key == "type" && !named)) {
            place.fill_or_keep(Field::kErrorType, member.key, member.value);
        } else if (member.key == "code") {
            place.fill_or_keep(named ? Field::kErrorCode : Field::kErrorType, member.key,
                               member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
}

}  // namespace llmtrail
