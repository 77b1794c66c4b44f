#include "bodies/bedrock_guardrail.h"

#include <map>
#include <tuple>

#include "base/json_text.h"

namespace llmtrail {

namespace {

constexpr std::string_view kProvider = "aws.bedrock";
constexpr size_t kMergedMatchesBytesMax = size_t{64} << 10;

// How one list of a policy is read: where it stands, what names the category and the rule.
struct PolicyList {
    std::string_view policy;
    std::string_view list;
    std::string_view category_key;    // its value is the category
    std::string_view fixed_category;  // when the list has none
    std::string_view rule_key;
    std::string_view severity_key;
};

constexpr PolicyList kPolicyLists[] = {
    {"contentPolicy", "filters", "type", {}, {}, "confidence"},
    {"topicPolicy", "topics", "name", {}, "name", {}},
    {"wordPolicy", "customWords", {}, "CUSTOM_WORD", {}, {}},
    {"wordPolicy", "managedWordLists", "type", {}, {}, {}},
    {"sensitiveInformationPolicy", "piiEntities", "type", {}, {}, {}},
    {"sensitiveInformationPolicy", "regexes", "name", {}, "name", {}},
    {"contextualGroundingPolicy", "filters", "type", {}, {}, {}},
};

struct Enforcement {
    std::string_view verdict;
    std::string_view action;
};

Enforcement enforcement_of(std::string_view action, JsonValue detected) {
    if (action == "BLOCKED") {
        return {"deny", "block"};
    }
    if (action == "ANONYMIZED" || action == "MASKED") {
        return {"modify", "modify"};
    }
    return detected.boolean().value_or(false) ? Enforcement{"warn", "none"}
                                              : Enforcement{"allow", "none"};
}

// One guardrail's assessment of one side. Entries that differ only in the text they matched are
// one result with a count.
class Assessment {
 public:
    Assessment(const BodyPlace& place, std::string_view guardrail, std::string_view target,
               ArrayWriter& matches)
        : place_(place), guardrail_(guardrail), target_(target), matches_(matches) {}

    void read(JsonValue assessment);

 private:
    struct Result {
        GuardrailResult values;
        bool has_match = false;
        int64_t matches = 0;
    };

    void policy(const BodyPlace& here, std::string_view name, JsonValue policy);
    void entry(const BodyPlace& here, const PolicyList& list, JsonValue entry);
    void match(const PolicyList& list, std::string_view category, std::string_view text);

    const BodyPlace& place_;
    std::string_view guardrail_;
    std::string_view target_;
    ArrayWriter& matches_;
    std::map<std::tuple<const PolicyList*, std::string_view, std::string_view>, Result> results_;
};

void Assessment::match(const PolicyList& list, std::string_view category, std::string_view text) {
    std::string& out = matches_.item();
    out += "{\"name\":";
    append_json_string(out, guardrail_);
    out += ",\"policy\":";
    append_json_string(out, list.policy);
    out += ",\"category\":";
    append_json_string(out, category);
    out += ",\"match\":";
    append_json_string(out, text);
    out.push_back('}');
}

void Assessment::entry(const BodyPlace& here, const PolicyList& list, JsonValue entry) {
    if (!entry.is_object()) {
        here.keep(entry);
        return;
    }
    std::string_view category =
        list.category_key.empty() ? list.fixed_category : entry[list.category_key].text();
    std::string_view action = entry["action"].text();
    JsonValue score = entry["score"];
    JsonValue match_text = entry["match"];
    std::string_view severity = entry[list.severity_key].text();
    auto [at, is_new] = results_.try_emplace(std::tuple(&list, category, action));
    Result& result = at->second;
    if (is_new) {
        Enforcement enforced = enforcement_of(action, entry["detected"]);
        result.values = GuardrailResult{guardrail_,
                                        kProvider,
                                        target_,
                                        enforced.verdict,
                                        enforced.action,
                                        category,
                                        entry[list.rule_key].text(),
                                        score.real(),
                                        severity,
                                        {}};
    } else if (score.real() != result.values.score || severity != result.values.severity) {
        here.keep("score", score);
        here.keep(list.severity_key, entry[list.severity_key]);
    }
    if (match_text.is_string()) {
        result.has_match = true;
        match(list, category, match_text.text());
    }
    ++result.matches;
    for (JsonMember member : entry.members()) {
        std::string_view key = member.key;
        bool taken = key == "action" || key == "detected" || key == list.category_key ||
                     (key == "score" && score.is_number()) ||
                     (key == list.severity_key && member.value.is_string()) ||
                     (key == "match" && match_text.is_string());
        if (!taken) {
            here.keep(key, member.value);
        }
    }
}

void Assessment::policy(const BodyPlace& here, std::string_view name, JsonValue policy) {
    for (JsonMember member : policy.members()) {
        const PolicyList* known = nullptr;
        for (const PolicyList& list : kPolicyLists) {
            if (list.policy == name && list.list == member.key && member.value.is_array()) {
                known = &list;
            }
        }
        BodyPlace below = here.below(member.key);
        if (known == nullptr) {
            below.keep(member.value);
            continue;
        }
        size_t index = 0;
        for (JsonValue one : member.value.items()) {
            entry(below.below(index++), *known, one);
        }
    }
}

void Assessment::read(JsonValue assessment) {
    for (JsonMember member : assessment.members()) {
        BodyPlace here = place_.below(member.key);
        if (member.key.ends_with("Policy") && member.value.is_object()) {
            policy(here, member.key, member.value);
        } else {
            here.keep(member.value);
        }
    }
    if (!assessment.is_object()) {
        place_.keep(assessment);
    }
    if (results_.empty()) {
        // It ran and found nothing: that too is a result.
        add_guardrail(
            place_.scratch(),
            GuardrailResult{guardrail_, kProvider, target_, "allow", "none", {}, {}, {}, {}, {}});
    }
    for (auto& [key, result] : results_) {
        if (result.has_match || result.matches > 1) {
            result.values.match_count = result.matches;
        }
        add_guardrail(place_.scratch(), result.values);
    }
}

// {"<guardrail id>": assessment} or {"<guardrail id>": [assessment, ...]}
void read_side(const BodyPlace& place, JsonValue by_guardrail, std::string_view target,
               ArrayWriter& matches) {
    for (JsonMember guardrail : by_guardrail.members()) {
        BodyPlace here = place.below(guardrail.key);
        if (!guardrail.value.is_array()) {
            Assessment(here, guardrail.key, target, matches).read(guardrail.value);
            continue;
        }
        size_t index = 0;
        for (JsonValue one : guardrail.value.items()) {
            BodyPlace item = here.below(index++);
            Assessment(item, guardrail.key, target, matches).read(one);
        }
    }
    if (!by_guardrail.is_object()) {
        place.keep(by_guardrail);
    }
}

// A stream may carry a trace on several of its chunks. Each merge copies what is there, so it ends
// at kMergedMatchesBytesMax and the rest stays under its path.
void store_matches(const BodyPlace& place, JsonValue guardrail, Field field, ArrayWriter& matches) {
    AuditRecord& record = place.record();
    if (matches.count() == 0) {
        return;
    }
    std::string merged(record.text(field));
    if (merged.empty()) {
        record.set_json(field, matches.json());
    } else if (merged.size() < kMergedMatchesBytesMax) {
        merged.back() = ',';
        merged += matches.json().substr(1);
        record.set_json(field, merged);
    } else {
        place.keep(guardrail);
    }
}

void read_guardrail(const BodyPlace& place, JsonValue guardrail) {
    ArrayWriter input;
    ArrayWriter output;
    for (JsonMember member : guardrail.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key == "input" || member.key == "inputAssessment") {
            read_side(here, member.value, "input", input);
        } else if (member.key == "outputs" && member.value.is_array()) {
            size_t index = 0;
            for (JsonValue one : member.value.items()) {
                read_side(here.below(index++), one, "output", output);
            }
        } else if (member.key == "outputAssessments" || member.key == "outputs") {
            read_side(here, member.value, "output", output);
        } else if (member.key == "modelOutput") {
            add_member(place.scratch().details, "guardrail.modelOutput", member.value);
        } else {
            here.keep(member.value);
        }
    }
    if (!guardrail.is_object()) {
        place.keep(guardrail);
    }
    store_matches(place, guardrail, Field::kGuardrailInputMatches, input);
    store_matches(place, guardrail, Field::kGuardrailOutputMatches, output);
}

void read_metrics(const BodyPlace& place, JsonValue metrics) {
    UsageCounts counts;
    counts.input_excludes_cache = true;
    for (JsonMember member : metrics.members()) {
        if (member.key == "inputTokenCount") {
            counts.input = member;
        } else if (member.key == "outputTokenCount") {
            counts.output = member;
        } else if (member.key == "cacheReadInputTokenCount") {
            counts.cache_read = member;
        } else if (member.key == "cacheWriteInputTokenCount") {
            counts.cache_write = member;
        } else if (member.key == "invocationLatency") {
            fill_milliseconds(place, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!metrics.is_object()) {
        place.keep(metrics);
    }
    store_usage(place, counts);
}

}  // namespace

void read_bedrock_trace(const BodyPlace& place, JsonValue trace) {
    for (JsonMember member : trace.members()) {
        if (member.key == "guardrail") {
            read_guardrail(place.below(member.key), member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!trace.is_object()) {
        place.keep(trace);
    }
}

bool read_bedrock_member(const BodyPlace& place, std::string_view key, JsonValue value) {
    if (!key.starts_with("amazon-bedrock-")) {
        return false;
    }
    if (key == "amazon-bedrock-trace") {
        read_bedrock_trace(place.below(key), value);
    } else if (key == "amazon-bedrock-invocationMetrics") {
        read_metrics(place.below(key), value);
    } else if (key == "amazon-bedrock-guardrailAction") {
        if (value.text() == "INTERVENED") {
            place.scratch().guardrail_triggered = true;
            place.record().set_boolean(Field::kGuardrailTriggered, true);
        } else if (value.text() != "NONE") {
            place.keep(key, value);
        } else if (!place.record().has(Field::kGuardrailTriggered)) {
            place.record().set_boolean(Field::kGuardrailTriggered, false);
        }
    } else {
        return false;
    }
    return true;
}

}  // namespace llmtrail
