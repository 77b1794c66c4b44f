// The first part of a probe: one connection as the output would make it, step by step with its
// time, which ends again without an event. Inside outputs only.
#pragma once

#include "outputs/probe.h"

namespace llmtrail {

// False: the result says at which step it failed.
bool probe_stream(Result<std::unique_ptr<Stream>> stream, const Endpoint& to, bool tls,
                  MonotonicNanos deadline, Clock& clock, ProbeResult& result);

}  // namespace llmtrail
