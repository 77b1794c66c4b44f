// What the files of the cloudtrail parser share with one another: who made a call (`userIdentity`)
// and what it was about (`eventName` with its parameters). Ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body_place.h"
#include "json_tree/json_tree.h"

namespace llmtrail::cloudtrail {

// The service's word for what it does not log.
inline constexpr std::string_view kHidden = "HIDDEN_DUE_TO_SECURITY_REASONS";

// user.*, user.roles and the key of the call.
void read_user_identity(const BodyPlace& place, JsonValue identity);

// event.kind of a call to Bedrock. `read_only`: as the event says, else by the name's verb.
std::string_view kind_of_call(std::string_view event_name, JsonValue read_only);

// "Guardrail" of UpdateGuardrail: what follows the verb.
std::string_view resource_of_call(std::string_view event_name);

// The resource's identifier, by its name among the request's parameters, else among the answer's
// elements; absent when neither names one.
JsonValue resource_id_of(std::string_view resource, JsonValue parameters, JsonValue answer);

// The object inside an answer that describes what was made or changed: {"agent": {…}}.
JsonValue inner_answer(JsonValue answer);

// A member that names a resource: guardrailIdentifier, agentId, modelArn.
bool is_identifier(std::string_view key);

}  // namespace llmtrail::cloudtrail
