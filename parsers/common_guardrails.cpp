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

// What was found (verdict) and what was done (action), in the words of guardrail products.
struct VerdictWords {
    std::string_view words;
    std::string_view verdict;
    std::string_view action;
};

constexpr auto kVerdictWords = std::to_array<VerdictWords>({
    {"allow allowed pass passed ok none safe clean success", "allow", "none"},
    {"warn warning flag flagged detected alert log monitor triggered", "warn", "none"},
    {"modify modified mask masked redact redacted anonymize anonymized rewrite fix", "modify",
     "modify"},
    {"block blocked deny denied reject rejected refuse refused intervened", "deny", "block"},
    {"fail failed unsafe violation", "deny", ""},
    {"override overridden", "override", "none"},
    {"escalate", "escalate", ""},
});

const VerdictWords* verdict_word(std::string_view raw) {
    NormalizedKey word(raw);
    for (const VerdictWords& row : kVerdictWords) {
        if (names_contain(row.words, word.text())) {
            return &row;
        }
    }
    return nullptr;
}

std::string_view guard_target(std::string_view raw) {
    NormalizedKey normal(raw);
    std::string_view word = normal.text();
    if (word == "input" || word == "prompt" || word == "request" || word == "user" ||
        word == "precall") {
        return "input";
    }
    if (word == "output" || word == "response" || word == "completion" || word == "postcall") {
        return "output";
    }
    return word == "tool" ? "tool" : word == "retrieval" ? "retrieval" : "";
}

constexpr size_t kNameBytesMax = 256;  // of a guardrail, as a key

using GuardValues = std::array<JsonValue, kGuardMembers>;

void fill_verdict(const GuardValues& values, GuardrailResult& result) {
    if (const VerdictWords* action = verdict_word(values[kGuardAction].text())) {
        result.verdict = action->verdict;
        result.action = action->action;
    }
    if (const VerdictWords* verdict = verdict_word(values[kGuardVerdict].text())) {
        result.verdict = verdict->verdict;
        if (!values[kGuardAction].exists() && verdict->action != "none") {
            result.action = verdict->action;
        }
    }
    auto set = [&](bool fired, std::string_view verdict, std::string_view action) {
        result.verdict = fired ? verdict : result.verdict.empty() ? "allow" : result.verdict;
        result.action = fired && !action.empty() ? action : result.action;
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
    Collected<kGuardMembers> collected;
    collected.collect(object, kGuardNames, path, scratch);
    const GuardValues& values = collected.values;
    std::array<std::string, kGuardMembers> storage;
    auto text = [&](GuardMember member) { return as_text(values[member], storage[member]); };
    GuardrailResult result;
    result.name = values[kGuardName].exists() ? text(kGuardName) : name;
    result.provider = text(kGuardProvider);
    result.target = guard_target(values[kGuardTarget].text());
    result.category = text(kGuardCategory);
    result.rule_id = text(kGuardRule);
    result.score = values[kGuardScore].real();
    result.severity = text(kGuardSeverity);
    result.match_count = values[kGuardMatches].integer();
    fill_verdict(values, result);
    // Words that no table knows are kept as they stand.
    auto keep = [&](GuardMember member, std::string_view key, bool understood) {
        if (!understood) {
            keep_redacted(path, key, values[member], scratch.unmapped);
        }
    };
    keep(kGuardTarget, "target", !result.target.empty());
    keep(kGuardVerdict, "verdict", verdict_word(values[kGuardVerdict].text()) != nullptr);
    keep(kGuardAction, "action", verdict_word(values[kGuardAction].text()) != nullptr);
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
    } else if (const VerdictWords* word = verdict_word(value.text());
               word != nullptr && !name.empty()) {
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
        NormalizedKey key(member.key);
        for (const MemberNames& row : kGuardNames) {
            if (names_contain(row.names, key.text())) {
                return true;
            }
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
