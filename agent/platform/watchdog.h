// The service manager's watchdog (sd_watchdog_enabled(3)): a process that does not say WATCHDOG=1
// often enough is killed and started again. The main thread says it, each time it wakes for the
// signals it waits for, so that a main thread that hangs falls silent. Errors: error_from_errno.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "platform/wait.h"

namespace llmtrail {

// WATCHDOG_USEC when it is meant for this process (WATCHDOG_PID); 0: no watchdog.
int64_t watchdog_interval_ms();

// `signals`, whose descriptor() also becomes readable a few times in `interval_ms`: take() then
// tells `socket` (service_manager.h). With interval 0, or no socket, `signals` as they are.
Result<std::unique_ptr<SignalSource>> with_watchdog(std::unique_ptr<SignalSource> signals,
                                                    std::string socket, int64_t interval_ms);

}  // namespace llmtrail
