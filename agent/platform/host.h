// Facts about this host that events carry. Read once at start.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace llmtrail {

Result<std::string> host_name();  // gethostname(2)
int64_t process_id();
uint32_t effective_user();            // id
std::string credentials_directory();  // of systemd; empty when there is none

}  // namespace llmtrail
