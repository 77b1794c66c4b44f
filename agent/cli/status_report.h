// The answer of a running agent, docs/status.md, in words for a terminal. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace llmtrail {

// Nothing: it is no status.
std::optional<std::string> describe_status(ByteView json);

}  // namespace llmtrail
