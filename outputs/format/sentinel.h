// A record as a row of Log Analytics, one JSON object: for LlmTrail_CL, the table that
// conf/sentinel makes, or for CommonSecurityLog, which Sentinel's rules for CEF read. The same
// pairs as in CEF under the columns' names. docs/outputs.md, "sentinel". Pure, any thread.
#pragma once

#include <memory>

#include "format/formatter.h"

namespace llmtrail {

// A smaller event_bytes_max counts as this.
inline constexpr size_t kRowBytesMin = 4096;

std::unique_ptr<Formatter> make_sentinel_formatter(FormatOptions options);
std::unique_ptr<Formatter> make_common_security_log_formatter(FormatOptions options);

}  // namespace llmtrail
