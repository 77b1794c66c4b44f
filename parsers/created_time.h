// event.time from what the provider says of its answer's making, for calls that carry no better
// stamp. Used by exchange and body. Ingest thread.
#pragma once

#include <optional>

#include "base/time.h"
#include "record/audit_record.h"

namespace llmtrail {

// gen_ai.response.created with the precision its digits show; nothing when it is not set.
std::optional<Timestamp> created_stamp(const AuditRecord& record);

}  // namespace llmtrail
