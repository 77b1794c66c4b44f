// The words of guardrails: names of what they say, verdicts, actions and targets.
#include "parsers/otel_aliases.h"
#include "parsers/otlp_words.h"

namespace llmtrail::otlp {

namespace {

using G = GuardFact;

struct FactRow {
    std::string_view name;
    GuardFact fact;
};

struct TargetRow {
    std::string_view word;
    std::string_view target;
};

// clang-format off
// Behind gen_ai.guardian., gen_ai.security. and gen_ai.guardrail., also with "guardrail." or
// "security." before.
constexpr auto kSuffixes = std::to_array<FactRow>({
    {"action", G::kAction},
    {"action.type", G::kAction},
    {"blocked", G::kBlocked},
    {"category", G::kCategory},
    {"component.name", G::kName},
    {"content.modified", G::kModified},
    {"content.redacted", G::kModified},
    {"decision", G::kVerdict},
    {"decision.type", G::kVerdict},
    {"id", G::kId},
    {"name", G::kName},
    {"policy.id", G::kPolicy},
    {"policy.rule.id", G::kRule},
    {"provider.name", G::kProvider},
    {"risk.category", G::kCategory},
    {"risk.finding", G::kCategory},
    {"risk.score", G::kScore},
    {"risk.severity", G::kSeverity},
    {"score", G::kScore},
    {"severity", G::kSeverity},
    {"status", G::kVerdict},
    {"target.type", G::kTarget},
    {"triggered", G::kFired},
    {"verdict", G::kVerdict},
    {"verdict.type", G::kVerdict},
});

constexpr auto kWhole = std::to_array<FactRow>({
    {"guard.name", G::kName},
    {"validation_passed", G::kPassed},
    {"validator.name", G::kName},
    {"validator.on_fail", G::kOnFail},
    {"validator.validate.output.outcome", G::kVerdict},
});

// Of the objects that guardrails give as their output.
constexpr auto kMembers = std::to_array<FactRow>({
    {"action", G::kAction},
    {"allowed", G::kPassed},
    {"block", G::kBlocked},
    {"blocked", G::kBlocked},
    {"category", G::kCategory},
    {"confidence", G::kScore},
    {"decision", G::kVerdict},
    {"detected", G::kFired},
    {"flagged", G::kFired},
    {"is_valid", G::kPassed},
    {"masked", G::kModified},
    {"match_count", G::kMatches},
    {"modified", G::kModified},
    {"outcome", G::kVerdict},
    {"passed", G::kPassed},
    {"redacted", G::kModified},
    {"result", G::kVerdict},
    {"rule", G::kRule},
    {"rule_id", G::kRule},
    {"safe", G::kPassed},
    {"score", G::kScore},
    {"severity", G::kSeverity},
    {"status", G::kVerdict},
    {"stop", G::kBlocked},
    {"triggered", G::kFired},
    {"tripwire_triggered", G::kFired},
    {"valid", G::kPassed},
    {"validation_passed", G::kPassed},
    {"verdict", G::kVerdict},
});

// A verdict says what was found; of what was done only words that name it.
constexpr auto kVerdicts = std::to_array<GuardWord>({
    {"allow", "allow", "none"},
    {"allowed", "allow", "none"},
    {"audit", "warn", "none"},
    {"block", "deny", "block"},
    {"blocked", "deny", "block"},
    {"denied", "deny", ""},
    {"deny", "deny", ""},
    {"escalate", "escalate", ""},
    {"fail", "deny", ""},
    {"failed", "deny", ""},
    {"flag", "warn", ""},
    {"flagged", "warn", ""},
    {"modify", "modify", ""},
    {"ok", "allow", "none"},
    {"pass", "allow", "none"},
    {"passed", "allow", "none"},
    {"rejected", "deny", ""},
    {"safe", "allow", "none"},
    {"success", "allow", "none"},
    {"unsafe", "deny", ""},
    {"warn", "warn", ""},
    {"warning", "warn", ""},
});

constexpr auto kActions = std::to_array<GuardWord>({
    {"allow", "", "none"},
    {"block", "deny", "block"},
    {"blocked", "deny", "block"},
    {"deny", "deny", "block"},
    {"escalate", "escalate", ""},
    {"log", "", "none"},
    {"mask", "modify", "modify"},
    {"masked", "modify", "modify"},
    {"modify", "modify", "modify"},
    {"none", "", "none"},
    {"redact", "modify", "modify"},
    {"redacted", "modify", "modify"},
    {"warn", "warn", "none"},
});

constexpr auto kOnFail = std::to_array<GuardWord>({
    {"exception", "", "block"},
    {"filter", "", "modify"},
    {"fix", "", "modify"},
    {"noop", "", "none"},
    {"refrain", "", "block"},
});

constexpr auto kTargets = std::to_array<TargetRow>({
    {"input", "input"},
    {"knowledge_query", "retrieval"},
    {"knowledge_result", "retrieval"},
    {"llm_input", "input"},
    {"llm_output", "output"},
    {"memory_retrieve", "retrieval"},
    {"output", "output"},
    {"prompt", "input"},
    {"response", "output"},
    {"retrieval", "retrieval"},
    {"tool", "tool"},
    {"tool_call", "tool"},
    {"tool_definition", "tool"},
});
// clang-format on

constexpr std::string_view kFamilies[] = {"gen_ai.guardian.", "gen_ai.security.",
                                          "gen_ai.guardrail."};
constexpr std::string_view kNested[] = {"guardrail.", "security."};

template <typename Table>
GuardFact fact_in(const Table& table, std::string_view name) {
    const FactRow* row = find_row(table, &FactRow::name, name);
    return row == nullptr ? GuardFact::kNone : row->fact;
}

template <typename Table>
const GuardWord* word_in(const Table& table, std::string_view word) {
    std::array<char, kWordBytesMax> space{};
    return find_row(table, &GuardWord::word, lower_word(word, space));
}

}  // namespace

static_assert(sorted_by(kSuffixes, &FactRow::name));
static_assert(sorted_by(kWhole, &FactRow::name));
static_assert(sorted_by(kMembers, &FactRow::name));
static_assert(sorted_by(kVerdicts, &GuardWord::word));
static_assert(sorted_by(kActions, &GuardWord::word));
static_assert(sorted_by(kOnFail, &GuardWord::word));
static_assert(sorted_by(kTargets, &TargetRow::word));

GuardFact guard_fact_of_attribute(std::string_view attribute) {
    for (std::string_view family : kFamilies) {
        if (!attribute.starts_with(family)) {
            continue;
        }
        std::string_view suffix = attribute.substr(family.size());
        for (std::string_view nested : kNested) {
            if (suffix.starts_with(nested)) {
                suffix.remove_prefix(nested.size());
            }
        }
        return fact_in(kSuffixes, suffix);
    }
    return fact_in(kWhole, attribute);
}

GuardFact guard_fact_of_member(std::string_view member) {
    return fact_in(kMembers, member);
}

const GuardWord* guard_verdict_of_word(std::string_view word) {
    return word_in(kVerdicts, word);
}

const GuardWord* guard_action_of_word(std::string_view word) {
    return word_in(kActions, word);
}

const GuardWord* guard_on_fail_of_word(std::string_view word) {
    return word_in(kOnFail, word);
}

std::string_view guard_target_of_word(std::string_view word) {
    std::array<char, kWordBytesMax> space{};
    const TargetRow* row = find_row(kTargets, &TargetRow::word, lower_word(word, space));
    return row == nullptr ? std::string_view() : row->target;
}

}  // namespace llmtrail::otlp
