// Pieces of the litellm parser; included by litellm*.cpp alone. Each reads one member at `place`
// and gives every leaf of it a place.
#pragma once

#include <string_view>

#include "bodies/body_place.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"

namespace llmtrail::litellm {

inline constexpr std::string_view kMaskedByLitellm = "redacted-by-litellm";

// A text of JSON as what it holds, read into `tree`; another value, and a text that is cut, as it
// is.
JsonValue opened(JsonValue value, JsonTree& tree);

// event.kind and gen_ai.operation.name by "call_type".
void describe_call(std::string_view type, AuditRecord& record);

void read_error(const BodyPlace& place, JsonValue error);  // "error_information"
void read_cache_hit(const BodyPlace& place, JsonValue hit);
// "hidden_params"; `known_base`: the call's "api_base".
void read_hidden(const BodyPlace& place, JsonValue hidden, std::string_view known_base);

// "metadata": whose key it was, guardrails, searches and tool calls, and what the application gave.
void read_metadata(JsonValue metadata, const BodyPlace& place, const ParseContext& context);

// "guardrail_information": one result or a list of them. `failed`: the call did not succeed, so
// that who intervened has blocked it.
void read_guardrails(JsonValue information, const BodyPlace& place, bool failed);
// Guardrails that ran and have no result in `information`.
void read_applied_guardrails(JsonValue names, JsonValue information, const BodyPlace& place);

// llm.audit.api_key.id from a key's hash; what might be a key is kept as "[redacted]".
void fill_key_hash(const BodyPlace& place, std::string_view key, JsonValue value);

// A row of the audit log: one change of a key, team, user or model.
bool is_audit_row(JsonValue row);
void read_audit_row(JsonValue row, const BodyPlace& place, const ParseContext& context);

}  // namespace llmtrail::litellm
