// Audit records about the agent itself: start, stop, an output lost or back, a file that went
// before it was read. They go through the same spool and outputs as everything else. Pure, ingest
// thread.
#pragma once

#include "base/time.h"
#include "pipeline/mailbox.h"
#include "record/audit_record.h"

namespace llmtrail {

// Class ids of docs/outputs.md that the pipeline itself raises.
inline constexpr uint16_t kClassIntegrityFailure = 600;
inline constexpr uint16_t kClassIntegrityGap = 601;
inline constexpr uint16_t kClassIntegrityCrypto = 602;
inline constexpr uint16_t kClassSourceLost = 603;
inline constexpr uint16_t kClassEventsDropped = 604;
inline constexpr uint16_t kClassUnparsable = 605;
inline constexpr uint16_t kClassSpoolFull = 607;
inline constexpr uint16_t kClassSpoolFilling = 608;
inline constexpr uint16_t kClassAgentStart = 700;
inline constexpr uint16_t kClassAgentStop = 701;
inline constexpr uint16_t kClassAgentUncleanStop = 702;
inline constexpr uint16_t kClassConfigReloaded = 703;
inline constexpr uint16_t kClassConfigRejected = 704;
inline constexpr uint16_t kClassOutputDown = 710;
inline constexpr uint16_t kClassOutputRecovered = 711;
inline constexpr uint16_t kClassTestEvent = 712;
inline constexpr uint16_t kClassCheckpoint = 730;
inline constexpr uint16_t kClassSegmentsPruned = 740;
inline constexpr uint16_t kClassLegalHold = 741;
inline constexpr uint16_t kClassSectionErased = 742;

// The agent itself made it: no log can have brought it.
bool is_agent_record(const AuditRecord& record);

void fill_agent_record(AuditRecord& record, const AgentNews& news, UnixNanos now);

}  // namespace llmtrail
