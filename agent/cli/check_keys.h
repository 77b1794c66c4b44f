// `check --explain`, `--effective` and `--schema`: what a key means, what is in force and why, and
// the same for editors. Offline; nothing is read but the configuration. Main thread.
#pragma once

#include "cli/commands.h"

namespace llmtrail {

ExitCode explain_key(const std::string& key, CommandSeams seams);
ExitCode print_effective(const std::string& config, CommandSeams seams);

}  // namespace llmtrail
