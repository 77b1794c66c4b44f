// One line from the terminal of this process, not shown while it is typed. kNotFound when there is
// no terminal, kCancelled for Ctrl-C or Ctrl-D, kLimit for a line that is too long. Main thread.
#pragma once

#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"

namespace llmtrail {

Result<Secret> read_hidden_line(std::string_view prompt);

}  // namespace llmtrail
