// Langfuse's scores (evaluations, feedback, corrections by hand) and the rows of its audit log as
// audit records. Used by langfuse.cpp; ingest thread; never fails.
#pragma once

#include "bodies/body_place.h"
#include "parsers/langfuse_record.h"

namespace llmtrail::langfuse {

bool is_score(JsonValue row);
bool is_audit_row(JsonValue row);

// Neither stores the scratch.
void read_score(JsonValue score, const BodyPlace& place, const ReadSpace& space);
void read_audit_row(JsonValue row, const BodyPlace& place, const ReadSpace& space);

}  // namespace llmtrail::langfuse
