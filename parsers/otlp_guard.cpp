#include "parsers/otlp_guard.h"

#include "parsers/otlp_value.h"

namespace llmtrail::otlp {

namespace {

bool is_truth(GuardFact fact) {
    return fact == GuardFact::kBlocked || fact == GuardFact::kModified ||
           fact == GuardFact::kPassed || fact == GuardFact::kFired;
}

}  // namespace

bool GuardFacts::take(GuardFact fact, std::string_view key, JsonValue value) {
    if (fact == GuardFact::kNone || this->fact(fact).value.exists()) {
        return false;
    }
    bool fits = value.is_string() && !value.text().empty();
    if (is_truth(fact)) {
        fits = truth(value).has_value();
    } else if (fact == GuardFact::kScore) {
        fits = real(value).has_value();
    } else if (fact == GuardFact::kMatches) {
        fits = integer(value).has_value();
    }
    if (fits) {
        facts_[static_cast<size_t>(fact)] = {key, value};
    }
    return fits;
}

bool GuardFacts::any() const {
    for (const JsonMember& fact : facts_) {
        if (fact.value.exists()) {
            return true;
        }
    }
    return false;
}

void GuardFacts::take_members(const BodyPlace& place, JsonValue object) {
    for (JsonMember member : object.members()) {
        if (!take(guard_fact_of_member(member.key), member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
}

void GuardFacts::keep(const BodyPlace& place) const {
    for (const JsonMember& fact : facts_) {
        if (fact.value.exists()) {
            place.keep(fact.key, fact.value);
        }
    }
}

std::string_view GuardFacts::text(GuardFact fact) const {
    return this->fact(fact).value.text();
}

void GuardFacts::words(const BodyPlace& place, GuardrailResult& result) const {
    const GuardWord* verdict = guard_verdict_of_word(text(GuardFact::kVerdict));
    const GuardWord* action = guard_action_of_word(text(GuardFact::kAction));
    const GuardWord* on_fail = guard_on_fail_of_word(text(GuardFact::kOnFail));
    if (action != nullptr) {
        result.verdict = action->verdict;
        result.action = action->action;
    }
    if (verdict != nullptr) {
        result.verdict = verdict->verdict;
        result.action = action != nullptr ? action->action : verdict->action;
    }
    bool unclear = (action != nullptr && action->action.empty());
    auto keep = [&](GuardFact fact, bool understood) {
        if (!understood && this->fact(fact).value.exists()) {
            place.keep(this->fact(fact).key, this->fact(fact).value);
        }
    };
    keep(GuardFact::kVerdict, verdict != nullptr);
    keep(GuardFact::kAction, action != nullptr && !unclear);
    keep(GuardFact::kOnFail, on_fail != nullptr && result.verdict == "deny");
    if (on_fail != nullptr && result.verdict == "deny" && result.action.empty()) {
        result.action = on_fail->action;
    }
}

void GuardFacts::booleans(GuardrailResult& result) const {
    auto set = [&](GuardFact fact, bool fires, std::string_view verdict, std::string_view action) {
        auto said = truth(this->fact(fact).value);
        if (!said) {
            return;
        }
        bool fired = *said == fires;
        if (result.verdict.empty()) {
            result.verdict = fired ? verdict : "allow";
        }
        bool undone = result.action.empty() || result.action == "none";
        if (fired && !action.empty() && undone) {
            result.action = action;
        } else if (!fired && result.action.empty() && result.verdict == "allow") {
            result.action = "none";
        }
    };
    set(GuardFact::kBlocked, true, "deny", "block");
    if (truth(fact(GuardFact::kModified).value) == true) {  // not modified is not yet allowed
        set(GuardFact::kModified, true, "modify", "modify");
    }
    set(GuardFact::kPassed, false, "deny", "");
    set(GuardFact::kFired, true, "warn", "");
}

GuardrailResult GuardFacts::result(const BodyPlace& place) const {
    GuardrailResult result;
    result.name = text(GuardFact::kName);
    if (result.name.empty()) {
        result.name = text(GuardFact::kId);
    } else {
        place.keep(fact(GuardFact::kId).key, fact(GuardFact::kId).value);
    }
    result.rule_id = text(GuardFact::kRule);
    if (result.rule_id.empty()) {
        result.rule_id = text(GuardFact::kPolicy);
    } else {
        place.keep(fact(GuardFact::kPolicy).key, fact(GuardFact::kPolicy).value);
    }
    result.provider = text(GuardFact::kProvider);
    result.category = text(GuardFact::kCategory);
    result.severity = text(GuardFact::kSeverity);
    result.score = real(fact(GuardFact::kScore).value);
    result.match_count = integer(fact(GuardFact::kMatches).value);
    result.target = guard_target_of_word(text(GuardFact::kTarget));
    if (result.target.empty()) {
        place.keep(fact(GuardFact::kTarget).key, fact(GuardFact::kTarget).value);
    }
    words(place, result);
    booleans(result);
    return result;
}

}  // namespace llmtrail::otlp
