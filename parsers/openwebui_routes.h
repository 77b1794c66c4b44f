// What a request to Open WebUI means, by its method and path: one table, openwebui_routes.cpp. Used
// by the openwebui parser alone. Pure; views point into the table or into the path given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrail {

enum class OpenwebuiMeaning : uint8_t {
    kAccess,       // reads, sign-out, and every request the table does not know
    kSignIn,       // the account stands in the bodies, not in `user`
    kOpenai,       // a call to a model, bodies in OpenAI's form
    kAnthropic,    // in Anthropic's
    kOllama,       // in Ollama's own
    kCompleted,    // the browser hands in the answer that it was sent over its socket
    kRetrieval,    // a search in what was uploaded
    kFeedback,     // a rating of an answer
    kEditMessage,  // one message is given another text
    kEditChat,     // a stored chat is written anew or deleted
    kSetting,      // a setting, a model, a user, a tool, ... is changed
    kOwnedSetting  // the same, and the path names which one
};

struct OpenwebuiRoute {
    OpenwebuiMeaning meaning = OpenwebuiMeaning::kAccess;
    std::string_view name;       // event.action of calls and edits; of settings the resource's type
    std::string_view operation;  // gen_ai.operation.name, where the body does not say it
};

OpenwebuiRoute openwebui_route(std::string_view verb, std::string_view path);

// A path of settings taken apart: "/api/v1/models/id/m-1/toggle" is area "models", id "m-1",
// operation "toggle".
struct OpenwebuiTarget {
    std::string area;
    std::string_view id;
    std::string_view operation;
};

OpenwebuiTarget openwebui_target(std::string_view path, bool names_one);

// The segment of `path` after the one that is `before`; "" when there is none.
std::string_view openwebui_segment_after(std::string_view path, std::string_view before);

// "id" of "?id=m-1&x=2"; "" when there is none, or when it is written with escapes.
std::string_view openwebui_query_value(std::string_view uri, std::string_view name);

}  // namespace llmtrail
