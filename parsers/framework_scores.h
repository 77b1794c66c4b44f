// Scores that say how toxic or how sure an answer was, told by the name their author chose. Used by
// the langfuse and langsmith parsers. Pure but for the record; ingest thread.
#pragma once

#include <optional>
#include <string_view>

#include "record/audit_record.h"

namespace llmtrail {

// llm.audit.response.toxicity, .prompt.toxicity or .response.confidence when the name is one of
// theirs and the score is from 0 to 1; what is set stays. False: no such score.
bool set_named_score(AuditRecord& record, std::string_view name, std::optional<double> score);

}  // namespace llmtrail
