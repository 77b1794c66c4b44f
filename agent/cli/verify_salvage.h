// `verify --salvage`: the records of a damaged spool that still match, a JSON line each, as parse
// writes them. Main thread.
#pragma once

#include <string>

#include "cli/commands.h"
#include "spool/spool_key.h"

namespace llmtrail {

// What was found is told on stderr. kIo when the directory cannot be read or stdout cannot be
// written.
Result<void> print_salvaged(const std::string& directory, const SpoolKey& key, CommandSeams seams);

}  // namespace llmtrail
