// Usage, errors, token probabilities and marks of OpenAI-style answers.
#include <cmath>

#include "base/json_text.h"
#include "bodies/openai.h"
#include "bodies/openai_parts.h"

namespace llmtrail::openai {

void mark_refused(AuditRecord& record) {
    record.set_boolean(Field::kResponseRefused, true);
}

void mark_failed(AuditRecord& record) {
    record.set_text(Field::kEventOutcome, "failure");
}

void mark_incomplete(AuditRecord& record) {
    record.append_to_list(Field::kRecordFlags, "incomplete_stream");
    record.set_boolean(Field::kResponseTruncated, true);
}

void set_output_type(JsonValue format, AuditRecord& record) {
    std::string_view type = format.is_object() ? format["type"].text() : format.text();
    if (type == "json_schema" || type == "json_object" || type == "json") {
        fill_text(record, Field::kGenAiOutputType, "json");
    } else if (type == "text") {
        fill_text(record, Field::kGenAiOutputType, "text");
    }
}

// Counters of one name go to their field; the rest, with the *_details objects whole, to
// usage.details.
void read_usage(JsonValue usage, const BodyPlace& place) {
    if (!usage.is_object()) {
        place.keep(usage);
        return;
    }
    static constexpr MemberField kCounters[] = {
        {"prompt_tokens", Field::kGenAiUsageInputTokens},
        {"completion_tokens", Field::kGenAiUsageOutputTokens},
        {"total_tokens", Field::kGenAiUsageTotalTokens},
        {"input_tokens", Field::kGenAiUsageInputTokens},
        {"output_tokens", Field::kGenAiUsageOutputTokens},
    };
    std::string& rest = place.scratch().text;
    rest.clear();
    for (auto [key, value] : usage.members()) {
        if (key.ends_with("_details") && value.is_object()) {
            fill(place.record(), Field::kGenAiUsageCacheReadInputTokens, value["cached_tokens"]);
            fill(place.record(), Field::kGenAiUsageReasoningOutputTokens,
                 value["reasoning_tokens"]);
            add_member(rest, key, value);
        } else if (!place.fill_member(kCounters, key, value)) {
            add_member(rest, key, value);
        }
    }
    fill_text(place.record(), Field::kUsageBasis, "provider");
    if (rest.empty()) {
        return;
    }
    if (place.record().has(Field::kUsageDetails)) {  // of an earlier object: this one stays apart
        place.keep(usage);
        return;
    }
    rest.insert(rest.begin(), '{');
    rest.push_back('}');
    place.record().set_json(Field::kUsageDetails, rest);
}

void read_groq(JsonValue extra, const BodyPlace& place) {
    for (auto [key, value] : extra.members()) {
        if (key == "usage" && value.is_object()) {
            read_usage(value, place.below(key));
        } else if (key == "error") {
            read_error(value, place.below(key));
        } else {
            place.keep(key, value);
        }
    }
}

static void read_inner_error(JsonValue inner, const BodyPlace& place, bool& named) {
    for (auto [key, value] : inner.members()) {
        if ((key == "content_filter_result" || key == "content_filter_results") &&
            value.is_object()) {
            named = read_filter_results(value, place.below(key), "input") || named;
        } else {
            place.keep(key, value);
        }
    }
}

void read_error(JsonValue error, const BodyPlace& place) {
    if (!error.exists() || error.is_null()) {
        return;
    }
    AuditRecord& record = place.record();
    mark_failed(record);
    if (!error.is_object()) {
        if (!fill(place.record(), Field::kErrorMessage, error)) {
            place.keep(error);
        }
        return;
    }
    JsonValue type;
    JsonValue code;
    bool named = false;
    for (auto [key, value] : error.members()) {
        if (key == "type") {
            type = value;
        } else if (key == "code") {
            code = value;
        } else if (key == "message") {
            place.fill_or_keep(Field::kErrorMessage, key, value);
        } else if ((key == "innererror" || key == "inner_error") && value.is_object()) {
            read_inner_error(value, place.below(key), named);
        } else if ((key == "content_filter_result" || key == "content_filter_results") &&
                   value.is_object()) {
            named = read_filter_results(value, place.below(key), "input") || named;
        } else {
            place.keep(key, value);
        }
    }
    bool has_type = type.exists() && !type.is_null() && !(type.is_string() && type.text().empty());
    place.fill_or_keep(Field::kErrorType, has_type ? "type" : "code", has_type ? type : code);
    if (has_type && code.json() != type.json()) {
        place.fill_or_keep(Field::kErrorCode, "code", code);
    }
    if (!named && (code.text() == "content_filter" || code.text() == "content_policy_violation")) {
        add_unnamed_block(place.scratch(), "input");
    }
}

static void count_one(JsonValue logprob, BodyScratch& scratch) {
    if (std::optional<double> value = logprob.real(); value && std::isfinite(*value)) {
        scratch.logprob_sum += *value;
        ++scratch.logprob_count;
    }
}

// An array of {token, logprob, …}, or the object of legacy completions with its array of numbers.
void count_logprobs(JsonValue logprobs, BodyScratch& scratch) {
    if (logprobs.is_array()) {
        for (JsonValue token : logprobs.items()) {
            count_one(token["logprob"], scratch);
        }
        return;
    }
    for (auto [key, value] : logprobs.members()) {
        if (key == "content" || key == "refusal") {
            count_logprobs(value, scratch);
        } else if (key == "token_logprobs") {
            for (JsonValue number : value.items()) {
                count_one(number, scratch);
            }
        }
    }
}

void read_logprobs(JsonValue logprobs, const BodyPlace& place) {
    if (logprobs.is_object() || logprobs.is_array()) {
        count_logprobs(logprobs, place.scratch());
        logprobs.append_json(place.scratch().token_probabilities.item());
    } else {
        place.keep(logprobs);
    }
}

}  // namespace llmtrail::openai

namespace llmtrail {

void read_openai_error(JsonValue error, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record) {
    openai::read_error(error, BodyPlace(path, scratch, record));
}

void read_openai_usage(JsonValue usage, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record) {
    openai::read_usage(usage, BodyPlace(path, scratch, record));
}

}  // namespace llmtrail
