#include "parsers/openwebui_routes.h"

#include <algorithm>
#include <array>

namespace llmtrail {

namespace {

using M = OpenwebuiMeaning;

enum Verbs : uint8_t { kPost = 1, kDelete = 2, kPutOrPatch = 4, kWrite = 7, kGet = 8, kAny = 15 };

// In a pattern "*" stands for one segment, and "**" at the end for any number, none included.
struct Row {
    std::string_view pattern;
    uint8_t verbs;
    M meaning;
    std::string_view name;
    std::string_view operation = {};
};

// The uppermost row that fits decides.
// clang-format off
constexpr auto kRows = std::to_array<Row>({
    // calls to models
    {"/api/chat/completions",              kPost,   M::kOpenai,      "chat.completions", "chat"},
    {"/api/v1/chat/completions",           kPost,   M::kOpenai,      "chat.completions", "chat"},
    {"/api/chat/completed",                kPost,   M::kCompleted,   "chat.completed", "chat"},
    {"/api/v1/tasks/*/completions",        kPost,   M::kOpenai,      "tasks.completions", "chat"},
    {"/api/embeddings",                    kPost,   M::kOpenai,      "embeddings", "embeddings"},
    {"/api/v1/embeddings",                 kPost,   M::kOpenai,      "embeddings", "embeddings"},
    {"/api/message",                       kPost,   M::kAnthropic,   "messages", "chat"},
    {"/api/v1/messages",                   kPost,   M::kAnthropic,   "messages", "chat"},
    {"/api/responses",                     kPost,   M::kOpenai,      "responses", "chat"},
    {"/api/v1/responses",                  kPost,   M::kOpenai,      "responses", "chat"},
    {"/api/v1/images/generations",         kPost,   M::kOpenai,      "images", "generate_content"},
    {"/api/v1/images/edit",                kPost,   M::kOpenai,      "images", "generate_content"},
    {"/api/v1/audio/speech",               kPost,   M::kOpenai,      "audio.speech", "generate_content"},
    {"/api/v1/audio/transcriptions",       kPost,   M::kOpenai,      "audio.transcriptions", "generate_content"},
    {"/ollama/api/chat/**",                kPost,   M::kOllama,      "ollama.chat", "chat"},
    {"/ollama/api/generate/**",            kPost,   M::kOllama,      "ollama.generate", "text_completion"},
    {"/ollama/api/embed/**",               kPost,   M::kOllama,      "ollama.embed", "embeddings"},
    {"/ollama/api/embeddings/**",          kPost,   M::kOllama,      "ollama.embeddings", "embeddings"},
    {"/ollama/v1/chat/completions/**",     kPost,   M::kOpenai,      "chat.completions", "chat"},
    {"/ollama/v1/completions/**",          kPost,   M::kOpenai,      "completions", "text_completion"},
    {"/ollama/config/**",                  kWrite,  M::kSetting,     "ollama"},
    {"/ollama/verify",                     kAny,    M::kAccess,      "ollama.verify"},
    {"/ollama/api/show/**",                kAny,    M::kAccess,      "ollama.show"},
    {"/ollama/api/**",                     kWrite,  M::kSetting,     "ollama"},
    {"/ollama/models/**",                  kWrite,  M::kSetting,     "ollama"},
    {"/openai/config/**",                  kWrite,  M::kSetting,     "openai"},
    {"/openai/verify",                     kAny,    M::kAccess,      "openai.verify"},
    {"/openai/chat/completions",           kPost,   M::kOpenai,      "chat.completions", "chat"},
    {"/openai/audio/speech",               kPost,   M::kOpenai,      "audio.speech", "generate_content"},
    {"/openai/**",                         kPost,   M::kOpenai,      "openai"},
    // searches in documents
    {"/api/v1/retrieval/query/**",         kPost,   M::kRetrieval,   "retrieval.query"},
    {"/api/v1/retrieval/process/web/search", kPost, M::kRetrieval,   "retrieval.web_search"},
    {"/api/v1/memories/query",             kPost,   M::kRetrieval,   "memories.query"},
    {"/api/v1/retrieval/process/**",       kPost,   M::kAccess,      "retrieval.process"},
    // ratings
    {"/api/v1/evaluations/feedback/**",    kWrite,  M::kFeedback,    "feedback"},
    {"/api/v1/evaluations/feedbacks/**",   kWrite,  M::kFeedback,    "feedback"},
    // messages and chats
    {"/api/v1/chats/*/messages/*",         kWrite,  M::kEditMessage, "chats.messages"},
    {"/api/v1/chats/*/messages/*/event",   kPost,   M::kAccess,      "chats.messages.event"},
    {"/api/v1/chats/new",                  kPost,   M::kAccess,      "chats.new"},
    {"/api/v1/chats/import",               kPost,   M::kAccess,      "chats.import"},
    {"/api/v1/chats/tags",                 kPost,   M::kAccess,      "chats.search"},
    {"/api/v1/chats",                      kDelete, M::kEditChat,    "chats"},
    {"/api/v1/chats/*",                    kWrite,  M::kEditChat,    "chats"},
    {"/api/v1/channels/*/messages/*/update", kPost, M::kEditMessage, "channels.messages"},
    {"/api/v1/channels/*/messages/*/delete", kDelete, M::kEditMessage, "channels.messages"},
    // accounts
    {"/api/v1/auths/signin",               kPost,   M::kSignIn,      "signin"},
    {"/api/v1/auths/ldap",                 kPost,   M::kSignIn,      "signin"},
    {"/api/v1/auths/signup",               kPost,   M::kSignIn,      "signup"},
    {"/api/v1/auths/signout",              kAny,    M::kAccess,      "signout"},
    {"/api/v1/auths/add",                  kPost,   M::kOwnedSetting, "user"},
    {"/api/v1/auths/update/**",            kWrite,  M::kSetting,     "user"},
    {"/api/v1/auths/api_key",              kWrite,  M::kSetting,     "user"},
    {"/api/v1/auths/**",                   kWrite,  M::kSetting,     "auth"},
    {"/api/v1/users/**",                   kWrite,  M::kOwnedSetting, "user"},
    {"/api/v1/groups/**",                  kWrite,  M::kOwnedSetting, "group"},
    // settings
    {"/api/v1/models/**",                  kWrite,  M::kOwnedSetting, "model"},
    {"/api/v1/functions/**",               kWrite,  M::kOwnedSetting, "function"},
    {"/api/v1/tools/**",                   kWrite,  M::kOwnedSetting, "tool"},
    {"/api/v1/skills/**",                  kWrite,  M::kOwnedSetting, "skill"},
    {"/api/v1/prompts/**",                 kWrite,  M::kOwnedSetting, "prompt"},
    {"/api/v1/knowledge/**",               kWrite,  M::kOwnedSetting, "knowledge"},
    {"/api/v1/pipelines/**",               kWrite,  M::kOwnedSetting, "pipeline"},
    {"/api/v1/configs/**",                 kWrite,  M::kSetting,     "config"},
    {"/api/v1/evaluations/**",             kWrite,  M::kSetting,     "evaluation"},
    {"/api/v1/retrieval/**",               kWrite,  M::kSetting,     "retrieval"},
    {"/api/v1/images/**",                  kWrite,  M::kSetting,     "image"},
    {"/api/v1/audio/**",                   kWrite,  M::kSetting,     "audio"},
    {"/api/v1/tasks/**",                   kWrite,  M::kSetting,     "task"},
    {"/api/v1/scim/**",                    kWrite,  M::kSetting,     "scim"},
    {"/api/webhook",                       kWrite,  M::kSetting,     "webhook"},
});

// clang-format on

uint8_t verb_bit(std::string_view verb) {
    if (verb == "POST") {
        return kPost;
    }
    if (verb == "DELETE") {
        return kDelete;
    }
    return verb == "PUT" || verb == "PATCH" ? kPutOrPatch : kGet;
}

// Cuts the first segment off "/a/b": "a", and "/b" is left.
std::string_view next_segment(std::string_view& path) {
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

std::string_view without_last_slash(std::string_view path) {
    path.remove_suffix(path.size() > 1 && path.ends_with('/') ? 1 : 0);
    return path;
}

bool fits(std::string_view pattern, std::string_view path) {
    while (!pattern.empty()) {
        std::string_view wanted = next_segment(pattern);
        if (wanted == "**") {
            return true;
        }
        std::string_view segment = next_segment(path);
        if (segment.empty() || (wanted != "*" && wanted != segment)) {
            return false;
        }
    }
    return path.empty();
}

template <typename Words>
bool contains(const Words& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// What is done, as the last parts of paths say it.
constexpr auto kOperations = std::to_array<std::string_view>({
    "add",
    "copy",
    "create",
    "delete",
    "import",
    "load",
    "pull",
    "push",
    "remove",
    "reset",
    "reload",
    "reindex",
    "sync",
    "toggle",
    "unload",
    "update",
    "upload",
});

// Parts of paths that are neither an id nor an operation, where a path can name one thing.
constexpr auto kParts = std::to_array<std::string_view>({
    "access",
    "all",
    "batch",
    "default",
    "file",
    "files",
    "global",
    "info",
    "permissions",
    "role",
    "settings",
    "specs",
    "status",
    "user",
    "users",
    "valves",
});

constexpr auto kSilent = std::to_array<std::string_view>({"id", "command", "model"});

}  // namespace

OpenwebuiRoute openwebui_route(std::string_view verb, std::string_view path) {
    uint8_t bit = verb_bit(verb);
    std::string_view wanted = without_last_slash(path);
    for (const Row& row : kRows) {
        if ((row.verbs & bit) != 0 && fits(row.pattern, wanted)) {
            return {row.meaning, row.name, row.operation};
        }
    }
    return {};
}

OpenwebuiTarget openwebui_target(std::string_view path, bool names_one) {
    constexpr size_t kAreaBytesMax = 256;
    OpenwebuiTarget target;
    path.remove_prefix(path.starts_with("/api/v1/") ? std::string_view("/api/v1").size() : 0);
    for (std::string_view rest = without_last_slash(path); !rest.empty();) {
        std::string_view segment = next_segment(rest);
        bool first = target.area.empty();
        if (!first && contains(kOperations, segment)) {
            target.operation = segment;
        } else if (!first && names_one && contains(kSilent, segment)) {
            continue;
        } else if (!first && names_one && !contains(kParts, segment) && target.id.empty()) {
            target.id = segment;
        } else if (target.area.size() + segment.size() < kAreaBytesMax) {
            target.area.append(first ? "" : ".").append(segment);
        }
    }
    return target;
}

std::string_view openwebui_segment_after(std::string_view path, std::string_view before) {
    while (!path.empty()) {
        if (next_segment(path) == before) {
            return next_segment(path);
        }
    }
    return {};
}

std::string_view openwebui_query_value(std::string_view uri, std::string_view name) {
    std::string_view rest = uri.substr(std::min(uri.find('?'), uri.size()));
    while (rest.size() > 1) {
        rest.remove_prefix(1);
        std::string_view pair = rest.substr(0, rest.find_first_of("&#"));
        rest.remove_prefix(pair.size());
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
            std::string_view value = pair.substr(name.size() + 1);
            return value.find_first_of("%+") == std::string_view::npos ? value : std::string_view();
        }
    }
    return {};
}

}  // namespace llmtrail
