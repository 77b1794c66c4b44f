// An answer while it comes in. Inside agent/http only.
#pragma once

#include <string_view>

#include "http/http_client.h"

namespace llmtrail {

// One line of an answer's head, its status line included. Headers beyond what an answer may have,
// or longer than kHttpHeaderBytesMax, are left out.
void take_header_line(std::string_view line, HttpReply& reply);

}  // namespace llmtrail
