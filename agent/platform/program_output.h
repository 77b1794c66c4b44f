// What a program of the system says on its standard output: for facts that only systemctl(1) or
// journalctl(1) know. No shell, no environment, nothing on its standard input; its talk is dropped.
// Used by `llmtrail diag`. Blocks for at most `timeout_ms`.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace llmtrail {

// `words`: an absolute path, then arguments. The first `bytes_max` bytes of it, whatever its exit
// status. kNotFound: no such program; kTimeout: it was ended; else error_from_errno.
Result<Bytes> program_output(std::span<const char* const> words, size_t bytes_max,
                             int64_t timeout_ms);

}  // namespace llmtrail
