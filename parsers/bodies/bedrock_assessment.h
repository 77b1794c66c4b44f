// What one Bedrock guardrail found in one text, policy by policy, as results in the normal form.
// Text that a policy matched goes to `matches` alone. For bedrock_guardrail.cpp and for answers of
// the ApplyGuardrail API; body.h says how readers behave.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

// `target`: input or output. An assessment that names nothing found is a result too: allow.
void read_bedrock_assessment(const BodyPlace& place, std::string_view guardrail,
                             std::string_view target, JsonValue assessment, ArrayWriter& matches);

}  // namespace llmtrail
