// `llmtrail check --sample FILE`: reads a log with each source's format and map, and says which map
// lines found nothing. Main thread.
#pragma once

#include <string>

#include "cli/commands.h"

namespace llmtrail {

// Exit code kConfig when a map line found nothing in any document.
ExitCode check_sample(const Settings& settings, const std::string& path, CommandSeams seams);

}  // namespace llmtrail
