// The service manager's view of the agent, by the protocol of sd_notify(3): one datagram a message
// to the socket that NOTIFY_SOCKET names. Main thread; an error changes nothing of the work.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace llmtrail {

std::string service_manager_socket();  // NOTIFY_SOCKET; empty: started by no service manager

// `state`: "READY=1", "STOPPING=1", ... `socket`: a path, or "@name" in the abstract namespace;
// empty: nothing is sent. kInvalidArgument: no address of a socket; else the error of sendto(2).
Result<void> notify_service_manager(std::string_view socket, std::string_view state);

}  // namespace llmtrail
