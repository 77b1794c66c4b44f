// What the type of an Activity Feed entry means: all but its last word is the thing, the last word
// what was done to it. By rule and not by list: there are some hundred types and more to come.
// Pure, any thread.
#pragma once

#include <string_view>

namespace llmtrail::anthropic_activity {

struct Activity {
    std::string_view thing;      // "mcp_server", "claude_artifact_sharing"
    std::string_view word;       // "created"
    std::string_view kind;       // of event.kind: access or config_change
    std::string_view outcome;    // success or failure
    std::string_view thing_key;  // the member of the entry that names it, such as "mcp_server_id"
    bool takes_away = false;  // deleted, revoked, …: what is told of the thing was its old value
};

Activity activity_of(std::string_view type);

}  // namespace llmtrail::anthropic_activity
