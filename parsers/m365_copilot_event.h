// What Purview's audit records say of one use of Copilot: CopilotEventData. For
// m365_copilot_audit.cpp; ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body_place.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

inline constexpr std::string_view kCopilotProvider = "microsoft.copilot";

// A source's type as other parsers name it ("File" to "file"); the given word when it is not known.
std::string_view copilot_source_type(std::string_view given);

void read_copilot_event(JsonValue event, const BodyPlace& place);

}  // namespace llmtrail
