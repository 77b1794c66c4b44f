// The randomness seam: getrandom(2) in production, a seeded stream in tests. Any thread.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace llmtrail {

class Random {
 public:
    virtual ~Random() = default;
    virtual Result<void> fill(void* bytes,
                              size_t size) = 0;  // kCrypto when the system has none to give
};

}  // namespace llmtrail
