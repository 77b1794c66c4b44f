#include "parsers/openwebui.h"

#include "parsers/endpoint.h"
#include "parsers/openwebui_parts.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

using M = OpenwebuiMeaning;

constexpr MemberField kEntryFields[] = {
    {"id", Field::kRecordNativeId},
    {"verb", Field::kHttpRequestMethod},
    {"source_ip", Field::kClientIp},
    {"user_agent", Field::kUserAgentOriginal},
};

constexpr MemberField kUserFields[] = {
    {"id", Field::kUserId},
    {"name", Field::kUserName},
    {"email", Field::kUserEmail},
    {"role", Field::kUserRoles},
};

class OpenwebuiParser final : public Parser {
 public:
    std::string_view name() const override { return "openwebui"; }

    std::string_view describes() const override { return "Open WebUI's audit.log"; }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"audit_level"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return document["audit_level"].is_string() && document["verb"].is_string() &&
               document["request_uri"].is_string();
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    void envelope(JsonValue document, const ParseContext& context, const BodyPlace& place);
    bool member(JsonMember member, const ParseContext& context, const BodyPlace& place);
    void bodies(const OpenwebuiEntry& entry, AuditRecord& record);
    void access(const OpenwebuiEntry& entry, AuditRecord& record);

    BodyScratch scratch_;
    JsonTree request_tree_;
    JsonTree response_tree_;
    OpenwebuiCalls calls_;
};

// The server's own address; paths such as /api/chat are other vendors' elsewhere, and say nothing
// of a provider here.
void read_uri(JsonValue uri, const BodyPlace& place) {
    AuditRecord& record = place.record();
    bool known = uri.is_string() && set_endpoint(record, uri.text());
    record.remove(Field::kGenAiProviderName);
    if (!known || uri.text().find('?') != std::string_view::npos) {
        place.keep("request_uri", uri);  // with its query, but for secrets
    }
}

bool OpenwebuiParser::member(JsonMember member, const ParseContext& context,
                             const BodyPlace& place) {
    AuditRecord& record = place.record();
    JsonValue value = member.value;
    if (member.key == "timestamp") {
        return !record.has(Field::kEventTime) && set_event_time(record, value, context);
    }
    if (member.key == "request_uri") {
        read_uri(value, place);
    } else if (member.key == "response_status_code") {
        // 0: the level of the log leaves responses out
        return value.integer() == 0 || fill(record, Field::kHttpResponseStatusCode, value);
    } else if (member.key == "user" && value.is_object()) {
        BodyPlace user = place.below(member.key);
        for (auto [key, one] : value.members()) {
            if (!user.fill_member(kUserFields, key, one)) {
                user.keep(key, one);
            }
        }
    } else {
        return place.fill_member(kEntryFields, member.key, value);
    }
    return true;
}

void OpenwebuiParser::envelope(JsonValue document, const ParseContext& context,
                               const BodyPlace& place) {
    for (JsonMember one : document.members()) {
        if (one.key != kOpenwebuiRequest && one.key != kOpenwebuiResponse &&
            !member(one, context, place)) {
            place.keep(one.key, one.value);
        }
    }
}

void OpenwebuiParser::access(const OpenwebuiEntry& entry, AuditRecord& record) {
    fill_text(record, Field::kEventKind, "access");
    if (!fill_text(record, Field::kEventAction, entry.route.name)) {
        std::string action(record.text(Field::kHttpRequestMethod));
        action.append(entry.path.empty() ? "" : " ").append(entry.path);
        fill_text(record, Field::kEventAction, action);
    }
    keep_openwebui_settings(entry.request, BodyPlace(kOpenwebuiRequest, scratch_, record));
    keep_openwebui_settings(entry.response, BodyPlace(kOpenwebuiResponse, scratch_, record));
}

void OpenwebuiParser::bodies(const OpenwebuiEntry& entry, AuditRecord& record) {
    switch (entry.route.meaning) {
        case M::kOpenai:
        case M::kAnthropic:
        case M::kOllama:
            calls_.read(entry, scratch_, record);
            break;
        case M::kCompleted:
            calls_.read_completed(entry, scratch_, record);
            break;
        case M::kRetrieval:
            fill_text(record, Field::kEventAction, entry.route.name);
            read_openwebui_retrieval(entry, scratch_, record);
            break;
        case M::kFeedback:
            read_openwebui_feedback(entry, scratch_, record);
            break;
        case M::kEditMessage:
        case M::kEditChat:
            read_openwebui_edit(entry, scratch_, record);
            break;
        case M::kSetting:
        case M::kOwnedSetting:
            read_openwebui_setting(entry, scratch_, record);
            break;
        case M::kSignIn:
            fill_text(record, Field::kEventAction, entry.route.name);
            read_openwebui_sign_in(entry, scratch_, record);
            break;
        case M::kAccess:
            access(entry, record);
            break;
    }
}

// What the server left out of the log by its level, its limit or its own masking.
void note_losses(const OpenwebuiEntry& entry, std::string_view level, AuditRecord& record) {
    auto note = [&](bool lost, std::string_view what) {
        if (lost) {
            record.append_to_list(Field::kRecordSourceLoss, what);
        }
    };
    bool reads = entry.route.meaning == M::kAccess;
    bool bodiless = level == "METADATA" ||
                    (level == "REQUEST" && record.text(Field::kEventKind) == "inference");
    note(bodiless && !reads, "content_not_logged");
    note(entry.request.masked || entry.response.masked, "masked");
    note(entry.request.cut || entry.response.cut, "truncated");
}

// The call and the answer that the browser hands in are one exchange: the answer's id is in both.
bool is_piece(const OpenwebuiEntry& entry, const AuditRecord& record) {
    bool answer = entry.route.meaning == M::kCompleted;
    bool receipt = entry.route.meaning == M::kOpenai && (entry.response.json["task_id"].exists() ||
                                                         entry.response.json["task_ids"].exists());
    return (answer || receipt) && entry.request.json["id"].is_string() &&
           record.has(Field::kGenAiConversationId) && record.has(Field::kGenAiResponseId);
}

void OpenwebuiParser::parse(JsonValue document, const ParseContext& context, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    scratch_.clear();
    envelope(document, context, BodyPlace("", scratch_, record));
    OpenwebuiEntry entry;
    entry.uri = document["request_uri"].text();
    entry.path = record.text(Field::kUrlPath);
    entry.route = openwebui_route(document["verb"].text(), entry.path);
    entry.request = read_openwebui_body(document[kOpenwebuiRequest], request_tree_);
    entry.response = read_openwebui_body(document[kOpenwebuiResponse], response_tree_);
    bodies(entry, record);
    note_losses(entry, document["audit_level"].text(), record);
    bool piece = is_piece(entry, record);
    std::string key = "openwebui:message:";
    key.append(record.text(Field::kGenAiConversationId)).append(":");
    key.append(record.text(Field::kGenAiResponseId));
    store_messages(scratch_, record);
    scratch_.unmapped.store(record);
    if (piece) {
        bool answer = entry.route.meaning == M::kCompleted;
        sink.commit_piece({key, answer ? uint32_t{1} : uint32_t{2}, 0, answer});
    } else {
        sink.commit();
    }
}

}  // namespace

std::unique_ptr<Parser> make_openwebui_parser() {
    return std::make_unique<OpenwebuiParser>();
}

}  // namespace llmtrail
