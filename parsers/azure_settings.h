// The body of a change to an Azure resource as the new value of a setting: its JSON without
// secrets. For azure_activity.cpp; ingest thread; never fails.
#pragma once

#include <string>
#include <string_view>

#include "json_tree/json_tree.h"

namespace llmtrail {

// As append_redacted_json (bodies/redaction.h), and without objects under the name of a secret:
// "credentials": {"key": …}. `key`: what the value stands under.
void append_azure_setting(std::string& out, std::string_view key, JsonValue value);

}  // namespace llmtrail
