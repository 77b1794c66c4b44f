// Pieces of the vertex parser; included by vertex*.cpp alone. Each function reads one piece of a
// document at `place`, gives every leaf of it a place and never fails.
#pragma once

#include <string_view>

#include "bodies/body_place.h"
#include "parsers/gateway_call.h"
#include "parsers/parser.h"

namespace llmtrail::vertex {

// Scratch that outlives one document.
struct Readers {
    GatewayCall call;
    JsonTree tree;    // of JSON in a text
    JsonTree second;  // of a second one beside it
};

// A row of the request-response log.
bool is_row(JsonValue value);
void read_row(const BodyPlace& place, JsonValue row, const ParseContext& context, Readers& readers);

// An entry of Cloud Logging: what stands around its payload.
bool is_entry(JsonValue value);
void read_entry(const BodyPlace& place, JsonValue entry, const ParseContext& context,
                Readers& readers);

// protoPayload of a Cloud Audit Log.
bool is_audit(JsonValue payload);
// `operation`: of the entry; a long operation writes an entry when it starts and one when it ends.
void read_audit(const BodyPlace& place, JsonValue payload, JsonValue operation);

// Of a method's name: its last word; event.kind; gen_ai.operation.name, "" where it does not say;
// what the verb is done to.
std::string_view verb_of(std::string_view method);
std::string_view kind_of(std::string_view service, std::string_view verb);
std::string_view operation_of(std::string_view verb, std::string_view kind);
std::string_view object_of(std::string_view verb);

// jsonPayload of Model Armor: a guardrail's result with the text it looked at.
bool is_model_armor(JsonValue payload);
void read_model_armor(const BodyPlace& place, JsonValue payload);

// Attributes of OpenTelemetry's GenAI conventions, flat or under "attributes".
bool has_gen_ai(JsonValue payload);
void read_gen_ai(const BodyPlace& place, JsonValue payload, const ParseContext& context,
                 Readers& readers);

// cloud.account.id and cloud.region of "projects/P/locations/L/…".
void fill_cloud(AuditRecord& record, std::string_view resource);

// "2026-02-03 09:15:00.123456 UTC", as BigQuery exports a TIMESTAMP, and all other forms.
bool set_bigquery_time(AuditRecord& record, JsonValue value, const ParseContext& context);

}  // namespace llmtrail::vertex
