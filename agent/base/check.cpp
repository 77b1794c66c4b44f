#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace llmtrail {

void check_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "llmtrail: internal error: check failed: %s (%s:%d)\n", expression, file,
                 line);
    std::abort();
}

}  // namespace llmtrail
