// Conversations as the compliance API gives them: {id, workspace_id, user_id, user_email,
// created_at, title, messages: {data: [{id, created_at, author: {role}, content: {…}, files, …}]}},
// or with one "message" where a collector writes each by itself.
#include <string>

#include "parsers/openai_audit_parts.h"
#include "parsers/time_value.h"

namespace llmtrail::openai_audit {

namespace {

constexpr std::string_view kObject = "compliance.workspace.conversation";

// Who, where and which conversation: the same in each of its records, unless it is no name but a
// text that would make them large.
constexpr size_t kRepeatedBytesMax = 1024;
constexpr MemberField kMembers[] = {
    {"id", Field::kGenAiConversationId}, {"workspace_id", Field::kOrganizationId},
    {"user_id", Field::kUserId},         {"user_email", Field::kUserEmail},
    {"user_name", Field::kUserName},
};

// "object" says what an object is, where its place says the same.
bool is_constant(std::string_view key, JsonValue value) {
    return key == "object" && (value.text() == "list" || value.text().starts_with("compliance."));
}

std::string_view role_of(JsonValue message) {
    std::string_view role = message["author"]["role"].text();
    return role.empty() ? message["role"].text() : role;
}

// One turn: the messages of the user and what followed them.
class Turn {
 public:
    Turn(JsonValue conversation, const ParseContext& context, BodyScratch& scratch,
         AuditRecord& record)
        : conversation_(conversation), context_(context), place_("", scratch, record) {}

    void read(JsonValue message, const BodyPlace& place);
    void finish(bool first);

 private:
    void author(JsonValue author, const BodyPlace& place, std::string_view role);
    void content(JsonValue content, const BodyPlace& place, MessagesWriter& out);
    void files(JsonValue files, const BodyPlace& place);
    void stamp(JsonValue message, const BodyPlace& place);
    bool member(JsonMember member, const BodyPlace& place, std::string_view role);

    JsonValue conversation_;
    const ParseContext& context_;
    BodyPlace place_;
};

void write_part(JsonValue part, MessagesWriter& out) {
    if (part.is_string()) {
        if (!part.text().empty()) {
            out.text(part.text());
        }
    } else {
        out.given(part);
    }
}

// {type: "text", value: "…"} or {content_type: "text", parts: ["…"]}
void Turn::content(JsonValue content, const BodyPlace& place, MessagesWriter& out) {
    for (auto [key, value] : content.members()) {
        bool type = key == "type" || key == "content_type";
        if (key == "value" || key == "text") {
            write_part(value, out);
        } else if (key == "parts" && value.is_array()) {
            for (JsonValue part : value.items()) {
                write_part(part, out);
            }
        } else if (!type || value.text() != "text") {
            place.keep(key, value);
        }
    }
    if (content.is_string() || content.is_array()) {
        write_part(content, out);
    }
}

void Turn::author(JsonValue author, const BodyPlace& place, std::string_view role) {
    BodyScratch& scratch = place.scratch();
    for (auto [key, value] : author.members()) {
        if (key == "tool_name" && value.is_string() && !value.text().empty()) {
            scratch.tool_names.add_once(value.text());
        } else if (!is_constant(key, value) && (key != "role" || value.text() != role)) {
            place.keep(key, value);
        }
    }
    if (!author.is_object()) {
        place.keep(author);
    }
}

// Files of the user are what the answer could draw on; the link to one is good for hours, and a
// key.
void Turn::files(JsonValue files, const BodyPlace& place) {
    JsonValue list = files["data"].is_array() ? files["data"] : files;
    size_t index = 0;
    for (JsonValue file : list.items()) {
        BodyPlace here = place.below(index++);
        DataSource source;
        source.type = "file";
        source.id = file.is_string() ? file.text() : file["id"].text();
        source.name = file["name"].text();
        if (source.id.empty() && source.name.empty()) {
            here.keep(file);
            continue;
        }
        add_data_source(place.scratch(), source);
        for (auto [key, value] : file.members()) {
            if (key != "id" && key != "name" && !is_constant(key, value)) {
                here.keep(key, value);
            }
        }
    }
    if (!list.is_array()) {
        place.keep(files);
    }
    for (auto [key, value] : files.members()) {  // has_more, last_id
        if (key != "data" && !is_constant(key, value) && value.boolean() != false) {
            place.keep(key, value);
        }
    }
}

void Turn::stamp(JsonValue message, const BodyPlace& place) {
    AuditRecord& record = place.record();
    auto at = read_time(message["created_at"], context_);
    if (!at) {
        place.keep("created_at", message["created_at"]);
    } else if (!record.has(Field::kEventTime)) {
        set_event_time(record, *at, context_);
    } else {
        record.set_time(Field::kEventEnd, at->at);
    }
}

bool Turn::member(JsonMember member, const BodyPlace& place, std::string_view role) {
    auto [key, value] = member;
    BodyPlace here = place.below(key);
    AuditRecord& record = place.record();
    if (key == "id") {
        return (role == "user" && fill(record, Field::kRecordNativeId, value)) ||
               (role == "assistant" && fill(record, Field::kGenAiResponseId, value));
    }
    if (key == "gpt_id") {
        return fill(record, Field::kGenAiAgentId, value);
    }
    if (key == "model" || key == "model_slug") {
        return fill(record, Field::kGenAiResponseModel, value);
    }
    if (key == "files" || key == "file_ids") {
        files(value, here);
        return true;
    }
    return is_constant(key, value) || key == "role" || key == "content" || key == "created_at" ||
           key == "author";
}

void Turn::read(JsonValue message, const BodyPlace& place) {
    std::string_view role = role_of(message);
    BodyScratch& scratch = place.scratch();
    bool asked = role == "user" || role == "system" || role == "developer";
    MessagesWriter& out = asked ? scratch.input : scratch.output;
    JsonValue said = message["content"];
    if (role == "tool") {
        out.begin_message(role, message["author"]["tool_name"].text());
        out.tool_result({}, said);
        add_tool_result(scratch, message["id"].text(), said);
        out.end_message();
    } else if (said.exists() && !said.is_null()) {
        out.begin_message(role);
        content(said, place.below("content"), out);
        out.end_message();
    }
    if (role == "system") {
        place.keep("created_at", message["created_at"]);
    } else {
        stamp(message, place);
    }
    if (message["author"].exists()) {
        bool said_so = role == "tool" || (said.exists() && !said.is_null());
        author(message["author"], place.below("author"), said_so ? role : std::string_view());
    }
    for (JsonMember one : message.members()) {
        if (!one.value.is_null() && !member(one, place, role)) {
            place.keep(one.key, one.value);
        }
    }
}

void Turn::finish(bool first) {
    AuditRecord& record = place_.record();
    fill_text(record, Field::kEventDataset, "openai_audit.chatgpt_conversation");
    fill_text(record, Field::kEventKind, "inference");
    fill_text(record, Field::kEventAction, "conversation");
    fill_text(record, Field::kGenAiProviderName, "openai");
    fill_text(record, Field::kGenAiOperationName, "chat");
    fill_text(record, Field::kServiceName, "ChatGPT");
    for (auto [key, value] : conversation_.members()) {
        bool repeated = first || value.text().size() <= kRepeatedBytesMax;
        bool apart = key == "messages" || key == "message" || is_constant(key, value);
        if (apart || !repeated || place_.fill_member(kMembers, key, value)) {
            continue;
        }
        if (first) {
            place_.keep(key, value);
        }
    }
    if (first) {
        BodyPlace list = place_.below("messages");
        for (auto [key, value] : conversation_["messages"].members()) {
            if (key != "data" && !is_constant(key, value)) {
                list.keep(key, value);
            }
        }
    }
    BodyScratch& scratch = place_.scratch();
    store_messages(scratch, record);
    if (record.has(Field::kResponseText)) {
        fill_text(record, Field::kEventOutcome, "success");
    }
    scratch.unmapped.store(record);
}

}  // namespace

bool is_conversation(JsonValue value) {
    bool messages = value["messages"]["data"].is_array() || value["message"].is_object();
    bool named = value["object"].text() == kObject ||
                 (value["workspace_id"].is_string() && value["user_email"].exists() &&
                  value["last_active_at"].exists());
    return named && messages;
}

void read_conversation(JsonValue conversation, const ParseContext& context, BodyScratch& scratch,
                       RecordSink& sink) {
    JsonValue list = conversation["messages"]["data"];
    bool single = !list.is_array();
    auto items = list.items();
    auto next = items.begin();
    size_t index = 0;
    bool first = true;
    do {
        AuditRecord& record = sink.begin();
        scratch.clear();
        Turn turn(conversation, context, scratch, record);
        BodyPlace place("", scratch, record);
        BodyPlace messages = place.below("messages");
        BodyPlace data = messages.below("data");
        bool answered = false;
        if (single) {
            turn.read(conversation["message"], place.below("message"));
        }
        while (next != items.end()) {
            JsonValue message = *next;
            std::string_view role = role_of(message);
            if (role == "user" && answered) {
                break;
            }
            answered = answered || role == "assistant" || role == "tool";
            message.is_object() ? turn.read(message, data.below(index))
                                : data.below(index).keep(message);
            ++index;
            ++next;
        }
        turn.finish(first);
        sink.commit();
        first = false;
    } while (next != items.end());
}

}  // namespace llmtrail::openai_audit
