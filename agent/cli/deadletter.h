// What `deadletter list` and `deadletter resend` share. Main thread.
#pragma once

#include <vector>

#include "cli/dead_letter_scan.h"
#include "cli/query_source.h"

namespace llmtrail {

// Through its output, each letter's event. `settings` is where the outputs are.
ExitCode resend_letters(const DeadletterArguments& arguments, const Settings& settings,
                        const QuerySource& source, const std::vector<FoundLetter>& letters,
                        CommandSeams seams);

}  // namespace llmtrail
