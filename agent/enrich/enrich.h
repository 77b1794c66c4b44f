// Facts that the agent adds to a record where the source said nothing; it never overwrites. Ingest
// thread, after the parser and before the record is sealed; never fails.
#pragma once

#include <cstdint>

#include "record/audit_record.h"

namespace llmtrail {

enum class LanguageOf : uint8_t { kNone, kPrompt, kPromptAndResponse };

// llm.audit.prompt.language, .confidence and .source (`agent`), the same of the response.
void add_languages(AuditRecord& record, LanguageOf wanted);

}  // namespace llmtrail
