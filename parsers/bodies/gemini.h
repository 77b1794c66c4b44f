// Bodies of Google's models: generateContent of Gemini (the Gemini API and Vertex AI) and what
// stands beside it in the same API: embeddings, token counts, cached contents, interactions, and
// Vertex AI's predict. Names may be in camel or snake case and enums names or numbers, as REST, the
// request-response log and gRPC dumps write them. Called by the exchange and vertex parsers and by
// those of gateways; body.h says how all readers behave. Ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

void read_gemini_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record);
// One answer, or the array of them that a stream gives without alt=sse.
void read_gemini_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record);
void read_gemini_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record);

// By members that only these bodies have.
bool is_gemini_request(JsonValue body);
bool is_gemini_response(JsonValue body);  // a chunk, too

// "projects/p/locations/l/publishers/google/models/gemini-2.5-pro" to the model's name, "" when the
// text names no model. Of a tuned model's endpoint its id.
std::string_view google_model_name(std::string_view resource);

// One element of predict's "instances" or "predictions", where a log holds them apart.
void read_predict_instance(JsonValue instance, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record);
void read_predict_prediction(JsonValue prediction, std::string_view path, BodyScratch& scratch,
                             AuditRecord& record);

// "error" as Google's APIs give it: {code, message, status, details}. Sets error.*, event.outcome.
void read_google_error(JsonValue error, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record);

}  // namespace llmtrail
