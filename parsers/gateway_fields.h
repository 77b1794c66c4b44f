// Members of a gateway's flat log entry and what each stands for, as data. Names are compared
// without case, '_', '-', '.' and ' ', like common names; unlike those, each gateway has a table of
// its own. Used by envoy, cloudflare, portkey and helicone. Ingest thread; never fails.
#pragma once

#include <cstdint>
#include <string_view>

#include "bodies/body_place.h"
#include "parsers/name_map.h"
#include "parsers/parser.h"

namespace llmtrail {

enum class GatewayAction : uint8_t {
    kFill,         // into the field, by its type
    kTime,         // event.time
    kStamp,        // into the field, a time
    kMillis,       // event.duration
    kFirstMillis,  // gen_ai.response.time_to_first_chunk, which is in seconds
    kUrl,          // server.address, server.port, url.path, provider
    kPath,         // url.path
    kPeer,         // client.ip of "address:port" or of the first of a list
    kUpstream,     // server.address and server.port of "address:port"
    kProvider,     // gen_ai.provider.name
    kFeedback,     // llm.audit.feedback.rating: true and false as 1 and 0
    kCustom,       // the parser's own, told apart by `field`
};

struct GatewayMeaning {
    GatewayAction action = GatewayAction::kFill;
    Field field = Field::kUnmapped;
};

struct GatewayRow {
    std::string_view names;  // normalised, one space between two
    GatewayMeaning meaning;
};

// Puts the value where `meaning` says, else into Unmapped. kCustom is not for this function.
void read_gateway_member(const BodyPlace& place, const GatewayMeaning& meaning, JsonMember member,
                         const ParseContext& context);

// True: a JSON object in a text, read into `tree`, or the object itself; `value` is set to it.
bool open_object(JsonValue& value, JsonTree& tree);

}  // namespace llmtrail
