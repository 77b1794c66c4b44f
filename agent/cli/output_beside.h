// An output that a command makes for itself, beside the daemon or without one, and one event
// through it. Used by `test-event` and `deadletter resend`. Main thread.
#pragma once

#include <memory>
#include <string>

#include "cli/commands.h"
#include "outputs/outputs.h"
#include "pipeline/output_parts.h"

namespace llmtrail {

// kNotFound: a file that the agent has not made yet. Made here, it would belong to whoever runs
// this, and the agent could not write to it.
Result<std::unique_ptr<Output>> make_output_beside(const OutputSettings& settings,
                                                   const HostNames& names, Network& network,
                                                   CommandSeams seams);

// Until the output confirms the event. The first failure ends it: the daemon would try again, a
// person wants to see it.
Result<void> deliver_once(Output& output, const OutputEvent& event, Clock& clock);

// Gives the connection time to end in order.
void end_beside(Output& output, Clock& clock);

std::string confirmed_words(Confirmation confirmation);

// The event of a record, formatted into `text`, which must outlive it.
OutputEvent event_of(const AuditRecord& record, const SpoolReference& reference,
                     Formatter& formatter, std::string& text);

}  // namespace llmtrail
