// What a call's URL, headers and bodies tell, and the choice of body readers. Pieces of the
// exchange parser that the parsers of gateways (azure, envoy, kong, portkey and what they share)
// use too. No function fails: what has no field goes to Unmapped. Ingest thread.
#pragma once

#include <string>
#include <string_view>

#include "bodies/body.h"
#include "bodies/event_stream.h"
#include "json_tree/json_tree.h"
#include "parsers/body_readers.h"
#include "parsers/parser.h"
#include "record/audit_record.h"

namespace llmtrail {

// Response headers: request id, organization, region, processing time; others to Unmapped. `date`
// is set to the text of the first sound Date header, which is the caller's to use or keep.
void read_response_headers(JsonValue headers, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record, std::string_view& date);
// Request headers: the client program; others to Unmapped, those that authenticate as "[redacted]".
void read_request_headers(JsonValue headers, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record);

// Parameters of the URL's query to Unmapped, those that authenticate as "[redacted]".
void read_url_query(std::string_view url, Unmapped& unmapped);

// By the URL's path and the bodies' own members; OpenAI's form when nothing says otherwise.
const BodyReaders& readers_for(std::string_view url_path, std::string_view provider,
                               JsonValue request, JsonValue response);

// Of Bedrock, Gemini and Ollama (exchange_vendors.cpp); null: another's call.
const BodyReaders* vendor_readers(std::string_view url_path, std::string_view provider,
                                  JsonValue request);
// Kind, action and operation of such a call; false: another's.
bool describe_vendor_call(std::string_view url_path, const BodyReaders& readers,
                          AuditRecord& record);

// The same of Bedrock's guardrails, knowledge bases and agents (exchange_bedrock.cpp).
const BodyReaders* bedrock_service_readers(std::string_view url_path, std::string_view provider);
bool describe_bedrock_service_call(std::string_view url_path, const BodyReaders& readers,
                                   AuditRecord& record);
// What the chunks of such a call's binary stream hold.
ChunkBytes chunk_bytes_of(const BodyReaders& readers);

// "/v1/projects/P/locations/L/…": the element of a path that follows `collection`.
std::string_view element_after(std::string_view path, std::string_view collection);

// The model or deployment a URL's path names: /deployments/NAME/, /model/NAME/,
// /models/NAME:method; escapes of printable ASCII resolved. "" when none.
std::string model_in_path(std::string_view url_path);

bool is_model_url(std::string_view url);
bool is_request_body(
    JsonValue request);  // an object, or a string of JSON, that asks a model for something

}  // namespace llmtrail
