#include "parsers/event_words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "parsers/common_names.h"

namespace llmtrail {

namespace {

struct KindWord {
    std::string_view begins;  // of a word, lower case
    std::string_view kind;
};

// The uppermost row of which the name has a word decides.
constexpr auto kKindWords = std::to_array<KindWord>({
    {"setting", "config_change"}, {"config", "config_change"}, {"edit", "edit"},
    {"correct", "edit"},          {"feedback", "feedback"},    {"rating", "feedback"},
    {"thumb", "feedback"},        {"eval", "evaluation"},      {"retriev", "retrieval"},
    {"login", "access"},          {"logout", "access"},        {"tool", "tool"},
    {"guardrail", "guardrail"},   {"moderation", "guardrail"}, {"error", "error"},
    {"exception", "error"},       {"chat", "inference"},       {"completion", "inference"},
    {"inference", "inference"},   {"generat", "inference"},    {"interaction", "inference"},
    {"prompt", "inference"},
});

constexpr size_t kNameBytesMax = 256;

// For each letter, the rows whose word begins with it: a bit a row.
constexpr auto kRowsByLetter = [] {
    static_assert(kKindWords.size() <= 32);
    std::array<uint32_t, 26> rows{};
    for (size_t row = 0; row < kKindWords.size(); ++row) {
        rows[static_cast<size_t>(kKindWords[row].begins.front() - 'a')] |= uint32_t{1} << row;
    }
    return rows;
}();

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_letter(char c) {
    return is_upper(c) || (c >= 'a' && c <= 'z');
}

// Calls `visit` with what begins at each word of `name`.
template <typename Visitor>
void for_each_word(std::string_view name, Visitor&& visit) {
    char before = ' ';
    for (size_t at = 0; at < name.size(); ++at) {
        char c = name[at];
        if (is_letter(c) && (!is_letter(before) || (is_upper(c) && !is_upper(before)))) {
            visit(name.substr(at));
        }
        before = c;
    }
}

bool begins_with(std::string_view text, std::string_view lower_case) {
    return lower(text.front()) == lower_case.front() && text.size() >= lower_case.size() &&
           std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                      [](char a, char b) { return a == lower(b); });
}

bool any_of(const AuditRecord& record, std::initializer_list<Field> fields) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](Field field) { return record.has(field); });
}

std::string_view kind_by_content(const AuditRecord& record) {
    if (any_of(record, {Field::kConfigSetting, Field::kConfigOldValue, Field::kConfigNewValue})) {
        return "config_change";
    }
    if (any_of(record, {Field::kEditAfterText, Field::kEditBeforeText, Field::kEditEditorId})) {
        return "edit";
    }
    if (any_of(record, {Field::kPromptText, Field::kResponseText, Field::kGenAiInputMessages,
                        Field::kGenAiOutputMessages, Field::kGenAiUsageOutputTokens})) {
        return "inference";
    }
    if (any_of(record, {Field::kFeedbackRating, Field::kFeedbackComment})) {
        return "feedback";
    }
    if (any_of(record,
               {Field::kGenAiToolName, Field::kGenAiToolCallId, Field::kGenAiToolCallResult})) {
        return "tool";
    }
    if (record.has(Field::kGenAiEvaluationName)) {
        return "evaluation";
    }
    if (record.has(Field::kGuardrails)) {
        return "guardrail";
    }
    if (any_of(record, {Field::kDataSources, Field::kGenAiRetrievalQueryText})) {
        return "retrieval";
    }
    return any_of(record, {Field::kErrorMessage, Field::kErrorType}) ? "error" : "other";
}

std::string_view outcome_by_content(const AuditRecord& record) {
    if (auto status = record.integer(Field::kHttpResponseStatusCode); status && *status >= 100) {
        return *status < 400 ? "success" : "failure";
    }
    if (any_of(record, {Field::kErrorMessage, Field::kErrorType, Field::kErrorCode})) {
        return "failure";
    }
    if (record.boolean(Field::kGuardrailBlocked).value_or(false)) {
        return "failure";
    }
    bool answered = any_of(record, {Field::kResponseText, Field::kGenAiOutputMessages});
    bool finished = record.has(Field::kGenAiResponseFinishReasons);
    return answered && finished ? "success" : "";
}

// A block that no list of guardrails shows.
void note_block(AuditRecord& record) {
    std::string_view kind = record.text(Field::kEventKind);
    bool of_a_call = kind == "inference" || kind == "guardrail" || kind == "other";
    if (of_a_call && !record.has(Field::kGuardrailBlocked) &&
        says_blocked(record.text(Field::kEventAction))) {
        record.set_boolean(Field::kGuardrailTriggered, true);
        record.set_boolean(Field::kGuardrailBlocked, true);
    }
}

}  // namespace

std::string_view kind_by_words(std::string_view name) {
    size_t uppermost = kKindWords.size();
    for_each_word(name.substr(0, kNameBytesMax), [&](std::string_view word) {
        uint32_t rows = kRowsByLetter[static_cast<size_t>(lower(word.front()) - 'a')];
        for (; rows != 0; rows &= rows - 1) {
            auto row = static_cast<size_t>(std::countr_zero(rows));
            if (row < uppermost && begins_with(word, kKindWords[row].begins)) {
                uppermost = row;
            }
        }
    });
    return uppermost < kKindWords.size() ? kKindWords[uppermost].kind : std::string_view();
}

bool says_blocked(std::string_view name) {
    bool blocked = false;
    for_each_word(name.substr(0, kNameBytesMax),
                  [&](std::string_view word) { blocked = blocked || begins_with(word, "block"); });
    return blocked;
}

bool set_event(AuditRecord& record, std::string_view name) {
    if (record.has(Field::kEventAction)) {
        return record.text(Field::kEventAction) == name;
    }
    record.set_text(Field::kEventAction, name);
    if (!record.has(Field::kEventKind)) {
        record.set_text(Field::kEventKind, kind_by_words(name));
    }
    return true;
}

void infer_kind_and_outcome(AuditRecord& record) {
    if (!record.has(Field::kEventKind)) {
        record.set_text(Field::kEventKind, kind_by_content(record));
    }
    note_block(record);
    if (!record.has(Field::kEventOutcome)) {
        record.set_text(Field::kEventOutcome, outcome_by_content(record));
    }
    // A service that blocks may well answer 200.
    if (record.boolean(Field::kGuardrailBlocked).value_or(false)) {
        record.set_text(Field::kEventOutcome, "failure");
    }
}

}  // namespace llmtrail
