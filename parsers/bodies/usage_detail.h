// Counters that have no field of their own, gathered in llm.audit.usage.details under the names
// that the vendor gave them. Used by the body readers; ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

// A counter that is there already with another value, or one too many, goes to Unmapped.
void add_usage_detail(const BodyPlace& place, std::string_view key, JsonValue value);

}  // namespace llmtrail
