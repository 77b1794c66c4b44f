// What the spool notes about itself, read without opening it for writing: whether an agent runs or
// not, nothing is changed. Used by the commands. Errors as those of recover_log().
#pragma once

#include "base/result.h"
#include "spool/spool.h"

namespace llmtrail {

Result<SpoolState> read_spool_state(const SpoolOptions& options, FileSystem& files);

}  // namespace llmtrail
