#include "enrich/enrich.h"

#include "enrich/language.h"

namespace llmtrail {

namespace {

struct LanguageFields {
    Field text;
    Field language;
    Field confidence;
    Field source;
};

constexpr LanguageFields kPrompt = {Field::kPromptText, Field::kPromptLanguage,
                                    Field::kPromptLanguageConfidence, Field::kPromptLanguageSource};
constexpr LanguageFields kResponse = {Field::kResponseText, Field::kResponseLanguage,
                                      Field::kResponseLanguageConfidence,
                                      Field::kResponseLanguageSource};

void add_language(AuditRecord& record, const LanguageFields& fields) {
    if (record.has(fields.language)) {
        if (!record.has(fields.source)) {
            record.set_text(fields.source, "source");
        }
        return;
    }
    if (std::optional<DetectedLanguage> found = detect_language(record.text(fields.text))) {
        record.set_text(fields.language, found->code);
        record.set_real(fields.confidence, found->confidence);
        record.set_text(fields.source, "agent");
    }
}

}  // namespace

void add_languages(AuditRecord& record, LanguageOf wanted) {
    if (wanted != LanguageOf::kNone) {
        add_language(record, kPrompt);
    }
    if (wanted == LanguageOf::kPromptAndResponse) {
        add_language(record, kResponse);
    }
}

}  // namespace llmtrail
