// What events call this host. Read once at start.
#pragma once

#include <string>

#include "base/result.h"
#include "platform/file_system.h"

namespace llmtrail {

// `configured`, or for "auto" a one-way derivation of /etc/machine-id: 16 hex digits, never the
// machine-id itself. Without a machine-id: derived from the host name.
std::string host_id_of(const std::string& configured, const std::string& host_name,
                       FileSystem& files);

}  // namespace llmtrail
