// What Kong's MCP proxy says of tool calls.
#include <string>

#include "parsers/kong_parts.h"

namespace llmtrail::kong {

void read_rpc(const BodyPlace& place, JsonValue rpc, JsonTree& tree) {
    AuditRecord& record = place.record();
    std::string_view method = rpc["method"].text();
    std::string_view tool = rpc["tool_name"].text();
    std::string id = rpc["id"].is_number() ? rpc["id"].json() : std::string(rpc["id"].text());
    fill_text(record, Field::kEventKind, method == "tools/call" ? "tool" : "other");
    fill_text(record, Field::kEventAction, method);
    fill_text(record, Field::kErrorMessage, rpc["error"].text());
    if (!tool.empty()) {
        fill_text(record, Field::kGenAiOperationName, "execute_tool");
    }
    JsonValue payload = rpc["payload"];
    BodyPlace below = place.below("payload");
    bool called = false;
    for (std::string_view side : {"request", "response"}) {
        auto read = tree.read(payload[side].text(), false);
        JsonValue body = read ? *read : payload[side];
        if (side == "request" && body["params"]["arguments"].exists()) {
            add_tool_call(place.scratch(), id, tool, body["params"]["arguments"]);
            called = true;
            below.below(side).keep_others(body, {"params"});
            below.below(side).below("params").keep_others(body["params"], {"arguments", "name"});
        } else if (side == "response" && body["result"].exists()) {
            add_tool_result(place.scratch(), id, body["result"]);
            below.below(side).keep_others(body, {"result"});
        } else {
            below.keep(side, body);
        }
    }
    if (!called && !tool.empty()) {
        add_tool_call(place.scratch(), id, tool, JsonValue());
    }
    for (JsonMember member : rpc.members()) {
        if (member.key == "latency") {
            fill_milliseconds(place, member.key, member.value);
        } else if (member.key != "payload" && member.key != "id" &&
                   (!member.value.is_string() || (member.key != "method" && member.key != "error" &&
                                                  member.key != "tool_name"))) {
            place.keep(member.key, member.value);
        }
    }
    if (payload.is_object()) {
        below.keep_others(payload, {"request", "response"});
    }
}

void read_mcp_audit(const BodyPlace& place, JsonValue audit, std::string_view tool,
                    JsonValue calls) {
    constexpr size_t kCallsMax = 64;  // of one HTTP request
    constexpr size_t kDecisionsMax = 256;
    size_t index = 0;
    for (JsonValue entry : audit.items()) {
        BodyPlace here = place.below(index);
        if (index++ >= kDecisionsMax) {
            if (tool.empty()) {
                here.keep(entry);
            }
            continue;
        }
        std::string_view name = entry["primitive_name"].text();
        bool called = false;
        size_t seen = 0;
        for (JsonValue call : calls.items()) {
            called = called || (!name.empty() && call["tool_name"].text() == name);
            if (++seen == kCallsMax) {
                break;
            }
        }
        if (tool.empty() ? called : name != tool || !called) {
            continue;
        }
        bool denied = entry["action"].text() == "deny";
        GuardrailResult row;
        row.name = "mcp-acl";
        row.provider = "kong";
        row.target = "tool";
        row.verdict = denied ? "deny" : "allow";
        row.action = denied ? "block" : "none";
        row.category = name;
        row.rule_id = entry["scope"].text();
        add_guardrail(place.scratch(), row);
        here.keep_unless_text(entry, {"action", "primitive_name", "scope"});
        here.keep_others(entry, {"action", "primitive_name", "scope"});
    }
    if (!audit.is_array() && tool.empty()) {
        place.keep(audit);
    }
}

}  // namespace llmtrail::kong
