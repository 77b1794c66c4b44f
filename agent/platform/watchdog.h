// The service manager's watchdog (sd_watchdog_enabled(3)): a process that does not say WATCHDOG=1
// often enough is killed and started again. The main thread says it, when it wakes for the signals
// it waits for and `alive` agrees, so that a thread that hangs, it or a worker, makes the process
// fall silent. Errors: error_from_errno.
#pragma once

#include <cstdint>
#include <functional>
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
                                                    std::string socket, int64_t interval_ms,
                                                    std::function<bool()> alive);

}  // namespace llmtrail
