// Entries of Open WebUI in which somebody changes something: settings, stored messages, ratings,
// and who is signed in.
#include "parsers/openwebui_parts.h"
#include "parsers/setting_change.h"

namespace llmtrail {

namespace {

// The thing a setting is of, where the path does not name it.
JsonMember id_in_body(JsonValue body) {
    for (std::string_view key : {"id", "user_id", "command"}) {
        if (JsonValue value = body[key]; value.is_string() && !value.text().empty()) {
            return {key, value};
        }
    }
    return {};
}

// One member is the setting itself; several are the new value of what the path names.
void set_new_value(const OpenwebuiTarget& target, const OpenwebuiBody& body, std::string_view used,
                   AuditRecord& record) {
    JsonMember only;
    size_t members = 0;
    for (JsonMember member : body.json.members()) {
        if (member.key != used && !member.value.is_null()) {
            only = member;
            ++members;
        }
    }
    std::string setting = target.area;
    if (members == 1 && !body.cut) {
        std::string ending(".");
        ending += only.key;
        setting += setting.ends_with(ending) ? std::string_view() : std::string_view(ending);
        fill_text(record, Field::kConfigNewValue, setting_text(only.key, only.value));
    } else if (body.json.exists() && !body.json.is_null() &&
               (members > 0 || !body.json.is_object())) {
        fill_text(record, Field::kConfigNewValue, setting_text("", body.json));
    }
    fill_text(record, Field::kConfigSetting, setting);
}

void note_editor(AuditRecord& record) {
    fill_text(record, Field::kEventKind, "edit");
    fill_text(record, Field::kEditEditorId, record.text(Field::kUserId));
    if (auto at = record.integer(Field::kEventTime)) {
        record.set_time(Field::kEditTime, UnixNanos{*at});
    }
}

std::string_view change_of(const AuditRecord& record) {
    return record.text(Field::kHttpRequestMethod) == "DELETE" ? "delete" : "update";
}

std::string joined(std::string_view a, std::string_view b) {
    std::string out(a);
    out.push_back('.');
    return out.append(b);
}

struct EditedMessage {
    std::string_view id;
    JsonValue message;
};

// The client keeps what a message said before somebody rewrote it by hand. A chat is saved whole,
// and so each later save says it again: the message shown counts before the others.
EditedMessage edited_message(JsonValue chat) {
    JsonValue messages = chat["history"]["messages"];
    std::string_view current = chat["history"]["currentId"].text();
    EditedMessage found;
    for (auto [id, message] : messages.members()) {
        bool edited = message["originalContent"].is_string();
        if (edited && (found.id.empty() || found.id != current)) {
            found = {id, message};
        }
    }
    return found;
}

// A save without an edited message is the browser's after each turn, and no edit. Deleting is one.
void read_chat_save(const OpenwebuiEntry& entry, const BodyPlace& place) {
    AuditRecord& record = place.record();
    EditedMessage edited = edited_message(entry.request.json["chat"]);
    if (!edited.id.empty()) {
        note_editor(record);
        fill_text(record, Field::kEditTargetId, edited.id);
        fill(record, Field::kEditBeforeText, edited.message["originalContent"]);
        fill(record, Field::kEditAfterText, edited.message["content"]);
    } else if (change_of(record) == "delete") {
        note_editor(record);
        fill_text(record, Field::kEditTargetId, record.text(Field::kGenAiConversationId));
    } else {
        fill_text(record, Field::kEventKind, "other");
    }
    keep_openwebui_body(entry.request, place);
}

void read_message_edit(const OpenwebuiEntry& entry, const BodyPlace& place) {
    AuditRecord& record = place.record();
    fill_text(record, Field::kEditTargetId, openwebui_segment_after(entry.path, "messages"));
    JsonValue body = entry.request.json;
    if (!body.is_object()) {
        keep_openwebui_body(entry.request, place);
        return;
    }
    for (auto [key, value] : body.members()) {
        if (key == "content" && value.is_string()) {
            place.fill_or_keep(Field::kEditAfterText, key, value);
        } else {
            place.keep(key, value);
        }
    }
}

void read_rating(JsonValue data, const BodyPlace& place) {
    static constexpr MemberField kFields[] = {
        {"rating", Field::kFeedbackRating},
        {"comment", Field::kFeedbackComment},
        {"model_id", Field::kGenAiRequestModel},
        {"tags", Field::kTags},
    };
    for (auto [key, value] : data.members()) {
        bool reason = key == "reason" && data["comment"].text().empty();
        if (reason) {
            place.fill_or_keep(Field::kFeedbackComment, key, value);
        } else if (!place.fill_member(kFields, key, value)) {
            place.keep(key, value);
        }
    }
}

}  // namespace

void read_openwebui_setting(const OpenwebuiEntry& entry, BodyScratch& scratch,
                            AuditRecord& record) {
    bool owned = entry.route.meaning == OpenwebuiMeaning::kOwnedSetting;
    OpenwebuiTarget target = openwebui_target(entry.path, owned);
    BodyPlace request(kOpenwebuiRequest, scratch, record);
    JsonMember id;
    fill_text(record, Field::kConfigResourceId, target.id);
    fill_text(record, Field::kConfigResourceId, openwebui_query_value(entry.uri, "id"));
    if (owned) {
        id = id_in_body(entry.request.json);
        if (!fill(record, Field::kConfigResourceId, id.value)) {
            id = {};
        }
        fill(record, Field::kConfigResourceId, entry.response.json["id"]);
    }
    fill_text(record, Field::kEventKind, "config_change");
    fill_text(record, Field::kConfigResourceType, entry.route.name);
    fill_text(
        record, Field::kEventAction,
        joined(entry.route.name, target.operation.empty() ? change_of(record) : target.operation));
    if (JsonValue active = entry.response.json["is_active"];
        target.operation == "toggle" && active.boolean()) {
        fill_text(record, Field::kConfigSetting, joined(target.area, "is_active"));
        fill(record, Field::kConfigNewValue, active);
    }
    set_new_value(target, entry.request, id.key, record);
    if (!entry.request.json.exists()) {
        keep_openwebui_body(entry.request, request);
    }
    keep_openwebui_settings(entry.response, BodyPlace(kOpenwebuiResponse, scratch, record));
}

// At that time nobody is signed in yet: the account is the one that was asked for, or was given.
void read_openwebui_sign_in(const OpenwebuiEntry& entry, BodyScratch& scratch,
                            AuditRecord& record) {
    static constexpr MemberField kAccount[] = {
        {"email", Field::kUserEmail}, {"id", Field::kUserId},      {"user", Field::kUserId},
        {"name", Field::kUserName},   {"role", Field::kUserRoles},
    };
    fill_text(record, Field::kEventKind, "access");
    BodyPlace response(kOpenwebuiResponse, scratch, record);
    BodyPlace request(kOpenwebuiRequest, scratch, record);
    JsonValue given = entry.response.json;
    if (given["email"].exists()) {
        for (auto [key, value] : given.members()) {
            if (!response.fill_member(kAccount, key, value)) {
                response.keep(key, value);
            }
        }
    } else {
        keep_openwebui_body(entry.response, response);
    }
    for (auto [key, value] : entry.request.json.members()) {
        if (!request.fill_member(kAccount, key, value)) {
            request.keep(key, value);
        }
    }
    if (!entry.request.json.is_object()) {
        keep_openwebui_body(entry.request, request);
    }
}

void read_openwebui_feedback(const OpenwebuiEntry& entry, BodyScratch& scratch,
                             AuditRecord& record) {
    static constexpr MemberField kMeta[] = {
        {"chat_id", Field::kGenAiConversationId},
        {"message_id", Field::kGenAiResponseId},
    };
    fill_text(record, Field::kEventKind, "feedback");
    bool known = !openwebui_segment_after(entry.path, "feedback").empty();
    bool deleted = change_of(record) == "delete";
    fill_text(record, Field::kEventAction,
              joined(entry.route.name, known || deleted ? change_of(record) : "create"));
    if (!deleted) {
        fill_text(record, Field::kFeedbackAuthorId, record.text(Field::kUserId));
    }
    BodyPlace request(kOpenwebuiRequest, scratch, record);
    for (auto [key, value] : entry.request.json.members()) {
        BodyPlace here = request.below(key);
        if (key == "data" && value.is_object()) {
            read_rating(value, here);
        } else if (key == "meta" && value.is_object()) {
            for (auto [name, member] : value.members()) {
                if (!here.fill_member(kMeta, name, member)) {
                    here.keep(name, member);
                }
            }
        } else {
            request.keep(key, value);
        }
    }
    if (!entry.request.json.is_object()) {
        keep_openwebui_body(entry.request, request);
    }
    keep_openwebui_body(entry.response, BodyPlace(kOpenwebuiResponse, scratch, record));
}

void read_openwebui_edit(const OpenwebuiEntry& entry, BodyScratch& scratch, AuditRecord& record) {
    BodyPlace request(kOpenwebuiRequest, scratch, record);
    fill_text(record, Field::kEventAction, joined(entry.route.name, change_of(record)));
    bool in_channel = entry.route.name.starts_with("channels");
    fill_text(record, Field::kGenAiConversationId,
              openwebui_segment_after(entry.path, in_channel ? "channels" : "chats"));
    if (entry.route.meaning == OpenwebuiMeaning::kEditMessage) {
        note_editor(record);
        read_message_edit(entry, request);
    } else {
        read_chat_save(entry, request);
    }
    keep_openwebui_body(entry.response, BodyPlace(kOpenwebuiResponse, scratch, record));
}

}  // namespace llmtrail
