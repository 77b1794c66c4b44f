#include "bodies/bedrock_assessment.h"

#include <map>
#include <tuple>

#include "base/json_text.h"

namespace llmtrail {

namespace {

constexpr std::string_view kProvider = "aws.bedrock";

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
    {"automatedReasoningPolicy", "findings", {}, {}, {}, {}},
};

constexpr const PolicyList& kReasoning = kPolicyLists[std::size(kPolicyLists) - 1];

struct Enforcement {
    std::string_view verdict;
    std::string_view action;
};

// Of an entry that nothing was done about: newer traces say whether it was detected; older ones
// list what was detected, but for a grounding score that is good enough and a filter that is sure
// of nothing.
bool was_detected(JsonValue entry) {
    if (auto detected = entry["detected"].boolean()) {
        return *detected;
    }
    auto score = entry["score"].real();
    if (score) {
        return *score < entry["threshold"].real().value_or(0);
    }
    return entry["action"].is_string() && entry["confidence"].text() != "NONE";
}

constexpr bool is_masking(std::string_view action) {
    return action == "ANONYMIZED" || action == "MASKED";
}

constexpr bool is_known_action(std::string_view action) {
    return action == "BLOCKED" || action == "NONE" || is_masking(action);
}

Enforcement enforcement_of(JsonValue entry) {
    std::string_view action = entry["action"].text();
    if (action == "BLOCKED") {
        return {"deny", "block"};
    }
    if (is_masking(action)) {
        return {"modify", "modify"};
    }
    return was_detected(entry) ? Enforcement{"warn", "none"} : Enforcement{"allow", "none"};
}

// How well the answer rests on its sources is a confidence in it; of several the lowest.
void add_grounding(AuditRecord& record, double score) {
    constexpr std::string_view kMethod = "grounding_score";
    bool other_method = record.has(Field::kResponseConfidence) &&
                        record.text(Field::kResponseConfidenceMethod) != kMethod;
    bool lower = score < record.real(Field::kResponseConfidence).value_or(2);
    if (!other_method && lower && score >= 0 && score <= 1) {
        record.set_real(Field::kResponseConfidence, score);
        record.set_text(Field::kResponseConfidenceMethod, kMethod);
    }
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
    void finding(const BodyPlace& here, JsonValue finding);
    void match(const PolicyList& list, std::string_view category, std::string_view text);

    const BodyPlace& place_;
    std::string_view guardrail_;
    std::string_view target_;
    ArrayWriter& matches_;
    std::map<std::tuple<const PolicyList*, std::string_view, std::string_view>, Result> results_;
};

void Assessment::match(const PolicyList& list, std::string_view category, std::string_view text) {
    std::string& out = matches_.item();
    out.push_back('{');
    if (!guardrail_.empty()) {
        out += "\"name\":";
        append_json_string(out, guardrail_);
        out.push_back(',');
    }
    out += "\"policy\":";
    append_json_string(out, list.policy);
    out += ",\"category\":";
    append_json_string(out, category);
    out += ",\"match\":";
    append_json_string(out, text);
    out.push_back('}');
}

void Assessment::entry(const BodyPlace& here, const PolicyList& list, JsonValue entry) {
    std::string_view category =
        list.category_key.empty() ? list.fixed_category : entry[list.category_key].text();
    JsonValue score = entry["score"];
    JsonValue match_text = entry["match"];
    std::string_view severity = entry[list.severity_key].text();
    Enforcement enforced = enforcement_of(entry);
    auto [at, is_new] = results_.try_emplace(std::tuple(&list, category, enforced.verdict));
    Result& result = at->second;
    if (is_new) {
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
    if (category == "GROUNDING" && score.is_number() && target_ == "output") {
        add_grounding(here.record(), *score.real());
    }
    if (!match_text.text().empty()) {
        result.has_match = true;
        match(list, category, match_text.text());
    }
    ++result.matches;
    for (JsonMember member : entry.members()) {
        std::string_view key = member.key;
        bool word = (key == list.category_key || key == list.severity_key || key == "match") &&
                    member.value.is_string();
        bool taken = word || (key == "action" && is_known_action(member.value.text())) ||
                     (key == "detected" && member.value.boolean()) ||
                     (key == "score" && score.is_number());
        if (!taken) {
            here.keep(key, member.value);
        }
    }
}

// {"<verdict>": {"translation", "contradictingRules", …}}: valid, invalid, satisfiable, impossible,
// translationAmbiguous, tooComplex or noTranslations. Nothing is done but said.
void Assessment::finding(const BodyPlace& here, JsonValue finding) {
    for (JsonMember member : finding.members()) {
        if (!member.value.is_object()) {
            here.keep(member.key, member.value);
            continue;
        }
        std::string_view verdict = member.key == "valid" ? "allow" : "warn";
        auto [at, is_new] = results_.try_emplace(std::tuple(&kReasoning, member.key, verdict));
        Result& result = at->second;
        if (is_new) {
            result.values = GuardrailResult{guardrail_, kProvider, target_, verdict, "none",
                                            member.key, {},        {},      {},      {}};
            for (JsonValue rule : member.value["contradictingRules"].items()) {
                result.values.rule_id = rule["identifier"].text();
                break;
            }
        }
        ++result.matches;
        here.below(member.key).keep(member.value);
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
            BodyPlace item = below.below(index++);
            if (!one.is_object()) {
                item.keep(one);
            } else if (known == &kReasoning) {
                finding(item, one);
            } else {
                entry(item, *known, one);
            }
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

}  // namespace

void read_bedrock_assessment(const BodyPlace& place, std::string_view guardrail,
                             std::string_view target, JsonValue assessment, ArrayWriter& matches) {
    Assessment(place, guardrail, target, matches).read(assessment);
}

}  // namespace llmtrail
