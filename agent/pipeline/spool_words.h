// The spool's own news as agent records: it is full, something was pruned or dropped, a segment is
// not what it was. The spool knows bytes and sections only and calls this when it has news; it
// writes the record itself, in its reserve when it is full. Pure but for the clock; ingest thread.
#pragma once

#include "platform/clock.h"
#include "spool/retention_policy.h"

namespace llmtrail {

SpoolNarrator spool_narrator(Clock& clock);

}  // namespace llmtrail
