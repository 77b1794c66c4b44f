// What the process says to whoever started it (docs/contract.md, "Exit codes"). The one place where
// errors become exit codes. Pure, any thread.
#pragma once

#include "base/result.h"

namespace llmtrail {

enum class ExitCode : int {
    kOk = 0,
    kUsage = 2,
    kOpenTail = 3,      // verify only
    kTornTail = 4,      // verify only
    kTampered = 5,      // verify only
    kCannotVerify = 6,  // verify only
    kInternal = 70,
    kIo = 74,
    kPermission = 77,
    kConfig = 78,
};

ExitCode exit_code_of(ErrorCode code);

}  // namespace llmtrail
