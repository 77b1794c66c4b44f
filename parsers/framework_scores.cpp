#include "parsers/framework_scores.h"

#include "parsers/name_map.h"

namespace llmtrail {

namespace {

struct ScoreFields {
    Field value;
    Field method;
    std::string_view word;  // of the method
};

struct ScoreRow {
    std::string_view names;
    ScoreFields meaning;
};

constexpr ScoreRow kRows[] = {
    {"toxicity toxic toxicityscore responsetoxicity outputtoxicity answertoxicity "
     "completiontoxicity harmfulness hatespeech harassment",
     {Field::kResponseToxicity, Field::kResponseToxicityMethod, "evaluation"}},
    {"prompttoxicity inputtoxicity usertoxicity questiontoxicity",
     {Field::kPromptToxicity, Field::kPromptToxicityMethod, "evaluation"}},
    {"confidence confidencescore responseconfidence answerconfidence",
     {Field::kResponseConfidence, Field::kResponseConfidenceMethod, "provider_score"}},
};

constexpr auto kNames = name_map_of<128>(kRows);
static_assert(kNames.is_sound());

}  // namespace

bool set_named_score(AuditRecord& record, std::string_view name, std::optional<double> score) {
    const ScoreFields* fields = kNames.find(NormalizedKey(name));
    bool fits = fields != nullptr && score && *score >= 0 && *score <= 1;
    if (!fits || record.has(fields->value)) {
        return false;
    }
    record.set_real(fields->value, *score);
    record.set_text(fields->method, fields->word);
    return true;
}

}  // namespace llmtrail
