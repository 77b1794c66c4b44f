// Pieces of the kong parser; included by kong*.cpp alone. Each function reads one piece of an entry
// at `place`, gives every leaf of it a place and never fails.
#pragma once

#include <string_view>

#include "bodies/body_place.h"
#include "parsers/gateway_call.h"

namespace llmtrail::kong {

// Who called, when, what HTTP says: all but "ai". `of_call`: the request's latency is the record's
// duration.
void read_envelope(const BodyPlace& place, JsonValue entry, bool of_call);

// One plugin's call to a model: {"meta", "usage", "cache", "payload", …}. `shared`: "payload" of
// "ai" itself, where older versions put the request.
bool is_model_call(JsonValue plugin);
void read_model_call(const BodyPlace& place, JsonValue plugin, const BodyPlace& shared_place,
                     JsonValue shared, GatewayCall& call);

// What plugins that guard the call say: sanitizer, audit. False: no plugin that is known.
bool read_guard(const BodyPlace& place, std::string_view name, JsonValue plugin);

// One JSON-RPC request of the MCP proxy.
void read_rpc(const BodyPlace& place, JsonValue rpc, JsonTree& tree);
// Whom the MCP proxy let pass, and whom not: the decisions about `tool`, or with "" those about
// tools that no request of `calls` names.
void read_mcp_audit(const BodyPlace& place, JsonValue audit, std::string_view tool,
                    JsonValue calls);

}  // namespace llmtrail::kong
