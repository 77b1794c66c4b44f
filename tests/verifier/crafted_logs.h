// What the real writer does not write: histories that somebody with keys, a later version or the
// author of a log makes. Used by sample_logs; one thread.
#pragma once

#include "sample_host.h"
#include "spool/local_keys.h"

namespace llmtrail {

// A generation that makes the segment before it void as a whole.
void make_void(SampleHost& host, const LocalKeys& keys, uint64_t voided);

// The next start is that of a later version of the agent.
void work_as_later_version(SampleHost& host);

// A torn frame with headers of frames in a position.
void announce(SampleHost& host, uint32_t frames);

}  // namespace llmtrail
