// The spool opened for writing by a command, while the agent is stopped: it takes the lock as the
// agent does, begins a generation, and its last words are a clean stop. Used by `hold` and `erase`.
// On an error it has been told, and the exit code is what is left to return. Main thread.
#pragma once

#include <memory>
#include <string>

#include "cli/commands.h"
#include "spool/spool.h"

namespace llmtrail {

struct StoppedSpool {
    std::unique_ptr<SpoolWriter> writer;  // null: return `exit_code`
    ExitCode exit_code = ExitCode::kOk;
};

StoppedSpool open_stopped_spool(const Settings& settings, CommandSeams seams);

// Appends an agent record to the writer's open batch.
void append_agent_record(SpoolWriter& writer, uint16_t event_class, std::string detail,
                         CommandSeams seams);

// "3-7", "3", both included. False: not of that form.
bool read_segment_range(const std::string& text, SegmentRange& range);

// "user 1000": who runs the command, when nobody is named.
std::string who_runs(CommandSeams seams);

}  // namespace llmtrail
