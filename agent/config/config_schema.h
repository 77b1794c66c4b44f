// The key table as a JSON Schema (draft 2020-12) of agent.yaml, for editors: it knows names, forms
// and limits; what several values mean together only `llmtrail check` knows. Pure.
#pragma once

#include <string>

namespace llmtrail {

std::string config_schema();  // JSON text with a newline

}  // namespace llmtrail
