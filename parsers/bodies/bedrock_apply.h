// Amazon Bedrock's ApplyGuardrail: a text that a guardrail is asked about by itself, the user's
// (source INPUT) or a model's (OUTPUT), and what it says. The user's text is the record's input and
// what the guardrail says instead its output. A model's text is the output unless the guardrail
// gives another: then that is the output, and the model's stands in llm.audit.response.details as
// guardrail.modelOutput. Called by the exchange parser; body.h says how readers behave.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

void read_apply_guardrail_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                                  AuditRecord& record);
// After the request: its texts stand in `scratch`.
void read_apply_guardrail_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                                   AuditRecord& record);

}  // namespace llmtrail
