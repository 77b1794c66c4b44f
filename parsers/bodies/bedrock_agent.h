// Amazon Bedrock's InvokeAgent: the answer is a stream of pieces of text and, if asked for, traces
// of what the agent did: models called, tools used, texts found, guardrails. Token counts are the
// sums over its calls to models. The traces stay in llm.audit.unmapped as given, but for what has a
// field. Called by the exchange parser; body.h says how readers behave.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

void read_bedrock_agent_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                                AuditRecord& record);
// Chunks: {"chunk": {"text", "attribution"}}, {"trace": {…}}, {"returnControl": {…}}, {"files": …}
void read_bedrock_agent_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                               AuditRecord& record);
// Of a call that failed: {"message"}
void read_bedrock_agent_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                                 AuditRecord& record);

}  // namespace llmtrail
