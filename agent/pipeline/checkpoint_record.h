// A checkpoint as an agent record of class 730 (docs/checkpoints.md, "The event"). Pure, ingest
// thread.
#pragma once

#include <optional>

#include "base/time.h"
#include "pipeline/ledger.h"
#include "record/audit_record.h"
#include "spool/checkpoint.h"

namespace llmtrail {

// `confirmed_index`: below it every output has confirmed everything.
void fill_checkpoint_record(AuditRecord& record, const Checkpoint& checkpoint,
                            uint64_t confirmed_index, const AnchorTotals& anchors, UnixNanos now);

// What the record of a checkpoint says; nothing for any other record, whatever a log made of its
// fields: only the agent's own have no source. The record was authenticated with the spool: its
// signature is not checked again.
std::optional<CheckpointBody> checkpoint_of(const AuditRecord& record);

}  // namespace llmtrail
