// Amazon Bedrock's knowledge bases: RetrieveAndGenerate (an answer that rests on found texts), its
// streamed form, and Retrieve (the found texts alone). Where a text was found is a data source of
// the record; the texts stand in llm.audit.response.details as given. Called by the exchange parser
// and the reader of agents; body.h says how readers behave.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

void read_bedrock_retrieval_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                                    AuditRecord& record);
void read_bedrock_retrieval_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                                     AuditRecord& record);
// Chunks: {"output": {"text"}}, {"citation": {…}}, {"guardrail": {"action"}}
void read_bedrock_retrieval_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                                   AuditRecord& record);

// {"location": {"type", "s3Location": {"uri"}, …}, "content", "score", "metadata"}, each.
void add_bedrock_references(BodyScratch& scratch, JsonValue references);

}  // namespace llmtrail
