// LLMTRAIL_CHECK: programmer errors only, on in release. Nothing read from disk, network, logs or
// config is ever asserted.
#pragma once

namespace llmtrail {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace llmtrail

#define LLMTRAIL_CHECK(expression) \
    ((expression) ? void(0) : ::llmtrail::check_failed(#expression, __FILE__, __LINE__))
