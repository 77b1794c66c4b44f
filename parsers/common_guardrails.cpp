#include <algorithm>
#include <array>
#include <utility>

#include "parsers/collected_members.h"
#include "parsers/common_lists.h"

namespace llmtrail {

namespace {

enum GuardMember : size_t {
    kGuardName,
    kGuardProvider,
    kGuardTarget,
    kGuardVerdict,
    kGuardAction,
    kGuardCategory,
    kGuardRule,
    kGuardScore,
    kGuardSeverity,
    kGuardMatches,
    kGuardBlocked,
    kGuardFired,
    kGuardPassed,
    kGuardMembers,
};

constexpr auto kGuardNames = std::to_array<MemberNames>({
    {"name guardrail guardrailname type rail check", kGuardName},
    {"provider", kGuardProvider},
    {"target stage direction", kGuardTarget},
    {"verdict result decision status outcome", kGuardVerdict},
    {"action actiontaken enforcement", kGuardAction},
    {"category", kGuardCategory},
    {"ruleid rule policy policyid", kGuardRule},
    {"score confidence", kGuardScore},
    {"severity level", kGuardSeverity},
    {"matchcount matches count", kGuardMatches},
    {"blocked", kGuardBlocked},
    {"triggered flagged detected", kGuardFired},
    {"passed allowed", kGuardPassed},
});

constexpr auto kGuardMap = name_map_of<256>(kGuardNames);
static_assert(kGuardMap.is_sound());

// What was found (verdict) and what was done (action), in the words of guardrail products.
struct Verdict {
    std::string_view verdict;
    std::string_view action;
};

struct VerdictWords {
    std::string_view names;
    Verdict meaning;
};

constexpr auto kVerdictWords = std::to_array<VerdictWords>({
    {"allow allowed pass passed ok none safe clean success", {"allow", "none"}},
    {"warn warning flag flagged detected alert log monitor triggered", {"warn", "none"}},
    {"modify modified mask masked redact redacted anonymize anonymized rewrite fix",
     {"modify", "modify"}},
    {"block blocked deny denied reject rejected refuse refused intervened", {"deny", "block"}},
    {"fail failed unsafe violation", {"deny", ""}},
    {"override overridden", {"override", "none"}},
    {"escalate", {"escalate", ""}},
});

constexpr auto kVerdictMap = name_map_of<256>(kVerdictWords);
static_assert(kVerdictMap.is_sound());

// Null: no such word.
const Verdict* verdict_of(std::string_view word) {
    return word.empty() ? nullptr : kVerdictMap.find(NormalizedKey(word));
}

// What was looked at.
struct TargetWords {
    std::string_view names;
    std::string_view meaning;
};

constexpr auto kTargetWords = std::to_array<TargetWords>({
    {"input prompt request user precall", "input"},
    {"output response completion postcall", "output"},
    {"tool", "tool"},
    {"retrieval", "retrieval"},
});

constexpr auto kTargetMap = name_map_of<64>(kTargetWords);
static_assert(kTargetMap.is_sound());

std::string_view target_of(std::string_view word) {
    const std::string_view* target = word.empty() ? nullptr : kTargetMap.find(NormalizedKey(word));
    return target == nullptr ? std::string_view() : *target;
}

constexpr size_t kNameBytesMax = 256;  // of a guardrail, as a key

using GuardValues = Collected<kGuardMembers>;

void fill_verdict(const GuardValues& values, const Verdict* action, const Verdict* verdict,
                  GuardrailResult& result) {
    if (action != nullptr) {
        result.verdict = action->verdict;
        result.action = action->action;
    }
    if (verdict != nullptr) {
        result.verdict = verdict->verdict;
        if (!values[kGuardAction].exists() && verdict->action != "none") {
            result.action = verdict->action;
        }
    }
    auto set = [&](bool fired, std::string_view found, std::string_view done) {
        result.verdict = fired ? found : result.verdict.empty() ? "allow" : result.verdict;
        result.action = fired && !done.empty() ? done : result.action;
    };
    if (auto passed = values[kGuardPassed].boolean(); passed && result.verdict.empty()) {
        set(!*passed, "deny", "");
    }
    if (auto fired = values[kGuardFired].boolean(); fired && result.verdict.empty()) {
        set(*fired, "warn", "");
    }
    if (auto blocked = values[kGuardBlocked].boolean()) {
        set(*blocked, "deny", "block");
    }
}

void add_guardrail_object(JsonValue object, std::string_view name, std::string_view path,
                          BodyScratch& scratch) {
    GuardValues values;
    values.collect(object, kGuardMap, path, scratch);
    const Verdict* action = verdict_of(values[kGuardAction].text());
    const Verdict* verdict = verdict_of(values[kGuardVerdict].text());
    GuardrailResult result;
    result.name = values[kGuardName].exists() ? values.text(kGuardName) : name;
    result.provider = values.text(kGuardProvider);
    result.target = target_of(values[kGuardTarget].text());
    result.category = values.text(kGuardCategory);
    result.rule_id = values.text(kGuardRule);
    result.score = values[kGuardScore].real();
    result.severity = values.text(kGuardSeverity);
    result.match_count = values[kGuardMatches].integer();
    fill_verdict(values, action, verdict, result);
    // Words that no table knows are kept as they stand.
    auto keep = [&](GuardMember member, std::string_view key, bool understood) {
        if (!understood && values[member].exists()) {
            keep_redacted(path, key, values[member], scratch.unmapped);
        }
    };
    keep(kGuardTarget, "target", !result.target.empty());
    keep(kGuardVerdict, "verdict", verdict != nullptr);
    keep(kGuardAction, "action", action != nullptr);
    keep(kGuardScore, "score", result.score.has_value());
    keep(kGuardMatches, "match_count", result.match_count.has_value());
    for (auto [member, key] : {std::pair(kGuardBlocked, "blocked"),
                               {kGuardFired, "triggered"},
                               {kGuardPassed, "passed"}}) {
        keep(member, key, values[member].boolean().has_value());
    }
    add_guardrail(scratch, result);
}

void add_result(JsonValue value, std::string_view name, std::string_view path,
                BodyScratch& scratch) {
    GuardrailResult result;
    result.name = name;
    if (value.is_object()) {
        add_guardrail_object(value, name, path, scratch);
    } else if (const Verdict* word = verdict_of(value.text()); word != nullptr && !name.empty()) {
        result.verdict = word->verdict;
        result.action = word->action;
        add_guardrail(scratch, result);
    } else if (auto fired = value.boolean(); fired && !name.empty()) {
        result.verdict = *fired ? "warn" : "allow";
        add_guardrail(scratch, result);
    } else if (value.is_string() && name.empty() && !value.text().empty()) {
        result.name = value.text();
        add_guardrail(scratch, result);
    } else {
        size_t point = std::min(path.rfind('.'), path.size());
        std::string_view above = point == path.size() ? std::string_view() : path.substr(0, point);
        keep_redacted(above, path.substr(point == path.size() ? 0 : point + 1), value,
                      scratch.unmapped);
    }
}

// A result by itself, not an object of results by name.
bool is_result(JsonValue object) {
    for (JsonMember member : object.members()) {
        if (kGuardMap.find(NormalizedKey(member.key)) != nullptr) {
            return true;
        }
    }
    return false;
}

}  // namespace

void add_common_guardrails(JsonValue value, std::string_view path, BodyScratch& scratch) {
    if (value.is_object() && !is_result(value)) {
        for (JsonMember member : value.members()) {
            if (member.key.size() > kNameBytesMax) {
                keep_redacted(path, member.key, member.value, scratch.unmapped);
            } else {
                add_result(member.value, member.key, joined_path(path, member.key), scratch);
            }
        }
        return;
    }
    if (!value.is_array()) {
        add_result(value, "", path, scratch);
        return;
    }
    size_t index = 0;
    for (JsonValue item : value.items()) {
        add_result(item, "", joined_path(path, std::to_string(index++)), scratch);
    }
}

}  // namespace llmtrail
