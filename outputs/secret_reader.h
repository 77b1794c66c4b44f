// Reads a secret where the configuration says it is: again each time, since it may have changed.
// The pipeline makes them, outputs call them when they need the secret. Deliver thread; an error
// names the place, never what stands there.
#pragma once

#include <functional>

#include "base/result.h"
#include "crypto/secret.h"

namespace llmtrail {

using SecretReader = std::function<Result<Secret>()>;

}  // namespace llmtrail
