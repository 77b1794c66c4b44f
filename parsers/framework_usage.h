// Token counters and costs under the names frameworks give them: LangChain's usage_metadata,
// Langfuse's usage and usageDetails, the camelCase forms of JavaScript. Used by the langfuse and
// langsmith parsers and framework_message.cpp. Ingest thread; never fails.
#pragma once

#include "bodies/body_place.h"

namespace llmtrail {

// Counters to their fields, the others to llm.audit.usage.details; what disagrees with the record
// is kept. gen_ai.usage.input_tokens includes cached tokens: where the total says that they were
// counted apart, they are added.
void read_token_counts(JsonValue usage, const BodyPlace& place);

// Gemini's "promptTokenCount" and so on; what has no field stays under its path.
void read_gemini_counts(JsonValue usage, const BodyPlace& place);

// {"input", "output", "total"} in USD: the total has a field.
void read_cost_details(JsonValue costs, const BodyPlace& place);

}  // namespace llmtrail
