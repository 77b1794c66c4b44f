// Which records are written, synced and sealed at once: changes of settings, edits by hand,
// guardrails that were overridden. Pure; ingest thread, once a record.
#pragma once

#include "record/audit_record.h"

namespace llmtrail {

bool is_urgent(const AuditRecord& record);

}  // namespace llmtrail
