// One result of a guardrail, gathered from attributes, from an event's attributes or from the
// object that the guardrail gave as its output, and written in the catalogue's normal form. What
// was found and what was done stay apart, and nothing is said that no name said. For
// otlp_record.h; ingest thread.
#pragma once

#include <array>
#include <string_view>

#include "bodies/body_place.h"
#include "parsers/otel_aliases.h"

namespace llmtrail::otlp {

class GuardFacts {
 public:
    void clear() { facts_ = {}; }

    // False: not a value of this fact, or a second one; the caller keeps it.
    bool take(GuardFact fact, std::string_view key, JsonValue value);

    bool any() const;

    // Members of `object` that say something of the result; the others go to Unmapped.
    void take_members(const BodyPlace& place, JsonValue object);

    // What the result holds; words that no table knows go to Unmapped below `place`.
    GuardrailResult result(const BodyPlace& place) const;

    void keep(const BodyPlace& place) const;  // all of it, where it is no guardrail's

 private:
    static constexpr size_t kFacts = static_cast<size_t>(GuardFact::kNone);

    const JsonMember& fact(GuardFact fact) const { return facts_[static_cast<size_t>(fact)]; }

    std::string_view text(GuardFact fact) const;
    void words(const BodyPlace& place, GuardrailResult& result) const;
    void booleans(GuardrailResult& result) const;

    std::array<JsonMember, kFacts> facts_{};
};

}  // namespace llmtrail::otlp
