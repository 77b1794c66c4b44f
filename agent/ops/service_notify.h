// The service manager's view of the agent: sd_notify(3). Nothing happens when there is no
// NOTIFY_SOCKET. Any thread.
#pragma once

namespace llmtrail {

// "READY=1", "STOPPING=1", ...
void notify_service_manager(const char* state);

}  // namespace llmtrail
