// Bodies of OpenAI's API and of the many that copy it (Azure OpenAI, Groq, Mistral, vLLM, …): chat
// completions, Responses, legacy completions, embeddings, images, audio, moderation, assistants,
// errors. Called by the parsers of envelopes that hold such bodies; a body is told apart by its own
// keys, so that one call does for all of them. Shape of the readers and rules: body.h. Ingest
// thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body.h"
#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

void read_openai_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record);
void read_openai_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record);
// Flags incomplete_stream when the chunks do not reach an end; `done` says that "[DONE]" was read.
void read_openai_stream(JsonValue chunks, std::string_view path, bool done, BodyScratch& scratch,
                        AuditRecord& record);

// The messages of a chat request by themselves, as gateways log them: an array, one text or an
// array of texts.
void read_openai_messages(JsonValue messages, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record);
// A "usage" object by itself.
void read_openai_usage(JsonValue usage, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record);

// What a call is for: sets event.kind, event.action and gen_ai.operation.name where they are not
// set, by the URL's path, else by the bodies. False: neither tells.
bool describe_openai_call(std::string_view url_path, JsonValue request, JsonValue response,
                          AuditRecord& record);

// "error" as OpenAI and most others give it: an object or a text. Sets error.* and event.outcome.
void read_openai_error(JsonValue error, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record);

}  // namespace llmtrail
