// What the openwebui*.cpp files share: an entry of the log with its bodies read, and the readers of
// each kind of entry. Every reader gives each leaf of the two bodies a place and never fails.
// Ingest thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "bodies/body_place.h"
#include "bodies/sse.h"
#include "json_tree/json_tree.h"
#include "parsers/openwebui_routes.h"

namespace llmtrail {

inline constexpr std::string_view kOpenwebuiRequest = "request_object";
inline constexpr std::string_view kOpenwebuiResponse = "response_object";

// A body as it was logged: text, of which MAX_BODY_LOG_SIZE may have left the head alone.
struct OpenwebuiBody {
    JsonValue json;         // absent: not JSON
    std::string_view text;  // "" when there is none
    bool cut = false;       // json is the head of what it was
    bool masked = false;    // the server put a mark in its place
};

OpenwebuiBody read_openwebui_body(JsonValue value, JsonTree& tree);

// What cannot be read goes to Unmapped, but for texts that may hold a secret, of which nothing
// tells where it ends.
void keep_openwebui_text(std::string_view text, const BodyPlace& place);

struct OpenwebuiEntry {
    OpenwebuiRoute route;
    std::string_view uri;
    std::string path;
    OpenwebuiBody request;
    OpenwebuiBody response;
};

// {"detail": …}, FastAPI's errors, and whatever else stands in a body nobody reads.
void keep_openwebui_body(const OpenwebuiBody& body, const BodyPlace& place);
// The same where settings stand in it, whose "key" is a secret.
void keep_openwebui_settings(OpenwebuiBody body, const BodyPlace& place);

// "sources" of an answer: what was found in files, collections and on the web.
void read_openwebui_sources(JsonValue sources, const BodyPlace& place);
// "files" of a request: what was given to the model to look into.
void read_openwebui_files(JsonValue files, const BodyPlace& place);
// A query and what it found.
void read_openwebui_retrieval(const OpenwebuiEntry& entry, BodyScratch& scratch,
                              AuditRecord& record);

void read_openwebui_setting(const OpenwebuiEntry& entry, BodyScratch& scratch, AuditRecord& record);
void read_openwebui_sign_in(const OpenwebuiEntry& entry, BodyScratch& scratch, AuditRecord& record);
void read_openwebui_feedback(const OpenwebuiEntry& entry, BodyScratch& scratch,
                             AuditRecord& record);
void read_openwebui_edit(const OpenwebuiEntry& entry, BodyScratch& scratch, AuditRecord& record);

// Calls to models. The scratch trees make it worth keeping one.
class OpenwebuiCalls {
 public:
    void read(const OpenwebuiEntry& entry, BodyScratch& scratch, AuditRecord& record);
    void read_completed(const OpenwebuiEntry& entry, BodyScratch& scratch, AuditRecord& record);

 private:
    void request(const OpenwebuiEntry& entry, const BodyPlace& place);
    void response(const OpenwebuiEntry& entry, const BodyPlace& place);
    static void plain_text(const OpenwebuiEntry& entry, const BodyPlace& place);
    void document(const OpenwebuiEntry& entry, JsonValue body, const BodyPlace& place);
    void stream(const OpenwebuiEntry& entry, const StreamText& stream, const BodyPlace& place);
    JsonValue own_chunks(const StreamText& stream, std::string_view whole, const BodyPlace& place);
    JsonValue without(JsonValue object, std::span<const std::string_view> keys, JsonTree& tree);

    SseReader lines_;
    JsonTree request_tree_;  // the bodies without what is Open WebUI's own
    JsonTree response_tree_;
    JsonTree last_tree_;  // a chunk that was cut
    std::string text_;
};

}  // namespace llmtrail
