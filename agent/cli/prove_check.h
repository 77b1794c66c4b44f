// `llmtrail prove --check FILE`: checks a proof as somebody without the spool does, and says what
// it proves. Main thread.
#pragma once

#include "cli/commands.h"

namespace llmtrail {

// 0 HOLDS, 5 DOES_NOT_HOLD, 6 CANNOT_CHECK (docs/proofs.md).
ExitCode check_proof_file(const ProveArguments& arguments, CommandSeams seams);

}  // namespace llmtrail
