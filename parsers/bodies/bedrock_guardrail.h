// What Amazon Bedrock adds to any vendor's answer: guardrail results in both shapes (InvokeModel's
// amazon-bedrock-trace, Converse's trace) and invocation metrics. Called by the body readers that
// serve Bedrock; body.h says how readers behave. Text that a guardrail matched is content: it goes
// to llm.audit.guardrail.input_matches and .output_matches, never into the results.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

// Reads `amazon-bedrock-guardrailAction`, `amazon-bedrock-trace` and
// `amazon-bedrock-invocationMetrics`; false for any other key.
bool read_bedrock_member(const BodyPlace& place, std::string_view key, JsonValue value);

// `trace`: {"guardrail": {...}, ...}
void read_bedrock_trace(const BodyPlace& place, JsonValue trace);

}  // namespace llmtrail
