// What a call was about, by its name and parameters.
#include <algorithm>

#include "parsers/cloudtrail_parts.h"

namespace llmtrail::cloudtrail {

namespace {

struct CallKind {
    std::string_view begins;  // of the event's name
    std::string_view kind;
};

// The first row that fits decides. Calls that use a model are "read only" to the service.
constexpr CallKind kCalls[] = {
    {"InvokeModel", "inference"},
    {"Converse", "inference"},
    {"InvokeAgent", "inference"},
    {"InvokeInlineAgent", "inference"},
    {"InvokeFlow", "inference"},
    {"InvokeDataAutomation", "inference"},
    {"StartAsyncInvoke", "inference"},
    {"CreateModelInvocationJob", "inference"},
    {"RetrieveAndGenerate", "inference"},
    {"OptimizePrompt", "inference"},
    {"Retrieve", "retrieval"},
    {"Rerank", "retrieval"},
    {"ApplyGuardrail", "guardrail"},
};

constexpr std::string_view kReadingVerbs[] = {"Get",    "List",     "Describe", "BatchGet",
                                              "Search", "Validate", "Render",   "Count"};

constexpr std::string_view kIdentifierEnds[] = {"Identifier", "Id", "Arn", "ARN"};
constexpr std::string_view kNamingEnds[] = {"Identifier", "Id", "Arn", "ARN", "Name"};

bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

// Where the word after the first begins: the first capital after a small letter.
size_t second_word(std::string_view name) {
    for (size_t at = 1; at < name.size(); ++at) {
        if (is_capital(name[at]) && !is_capital(name[at - 1])) {
            return at;
        }
    }
    return name.size();
}

// "Guardrail" and "Identifier" as the parameter guardrailIdentifier.
JsonValue member_named(JsonValue object, std::string_view resource, std::string_view end) {
    for (JsonMember member : object.members()) {
        std::string_view key = member.key;
        bool fits = key.size() == resource.size() + end.size() && !resource.empty() &&
                    key.ends_with(end) && (key[0] | 0x20) == (resource[0] | 0x20) &&
                    key.substr(1, resource.size() - 1) == resource.substr(1);
        if (fits && member.value.is_string()) {
            return member.value;
        }
    }
    return {};
}

JsonValue first_identifier(JsonValue object) {
    for (JsonMember member : object.members()) {
        if (is_identifier(member.key) && member.value.is_string()) {
            return member.value;
        }
    }
    return {};
}

}  // namespace

std::string_view kind_of_call(std::string_view event_name, JsonValue read_only) {
    for (const CallKind& row : kCalls) {
        if (event_name.starts_with(row.begins)) {
            return row.kind;
        }
    }
    bool reads = std::any_of(std::begin(kReadingVerbs), std::end(kReadingVerbs),
                             [&](std::string_view verb) { return event_name.starts_with(verb); });
    if (auto said = read_only.boolean()) {
        reads = *said;
    } else if (read_only.is_string()) {
        reads = read_only.text() == "true";
    }
    return reads ? "access" : "config_change";
}

std::string_view resource_of_call(std::string_view event_name) {
    return event_name.substr(second_word(event_name));
}

bool is_identifier(std::string_view key) {
    return std::any_of(std::begin(kIdentifierEnds), std::end(kIdentifierEnds),
                       [&](std::string_view end) {
                           return key.size() > end.size() && key.ends_with(end);
                       }) ||
           key == "arn" || key == "id";
}

JsonValue inner_answer(JsonValue answer) {
    for (JsonMember member : answer.members()) {
        if (member.value.is_object()) {
            return member.value;
        }
    }
    return {};
}

// "AgentActionGroup" may be named by actionGroupId: the words before may be its owner's.
JsonValue resource_id_of(std::string_view resource, JsonValue parameters, JsonValue answer) {
    const JsonValue places[] = {parameters, answer, inner_answer(answer)};
    constexpr int kWordsMax = 8;
    std::string_view name = resource;
    for (int words = 0; words < kWordsMax && !name.empty(); ++words) {
        for (std::string_view end : kNamingEnds) {
            for (JsonValue place : places) {
                if (JsonValue id = member_named(place, name, end); id.exists()) {
                    return id;
                }
            }
        }
        name = resource_of_call(name);
    }
    for (JsonValue place : places) {
        if (JsonValue id = first_identifier(place); id.exists()) {
            return id;
        }
    }
    return {};
}

}  // namespace llmtrail::cloudtrail
