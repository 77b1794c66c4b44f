#include "parsers/librechat_message.h"

#include <algorithm>
#include <array>

#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr std::string_view kNoParent = "00000000-0000-0000-0000-000000000000";
constexpr std::string_view kAgentIds = "agent_";
constexpr std::string_view kUpdatedLater = "updated_later";

struct EndpointRow {
    std::string_view endpoint;
    std::string_view provider;
};

constexpr EndpointRow kEndpoints[] = {
    {"openAI", "openai"},
    {"azureOpenAI", "azure.ai.openai"},
    {"anthropic", "anthropic"},
    {"bedrock", "aws.bedrock"},
    {"google", "gcp.gen_ai"},
    {"assistants", "openai"},
    {"azureAssistants", "azure.ai.openai"},
};

// Members that go to a field as they are, extended JSON or not.
constexpr MemberField kFields[] = {
    {"conversationId", Field::kGenAiConversationId},
    {"user", Field::kUserId},
    {"tenantId", Field::kOrganizationId},
};

std::string_view text_of(JsonValue value) {
    return value.is_object() ? value["value"].text() : value.text();
}

void add_file(JsonValue file, const BodyPlace& place) {
    DataSource source;
    source.type = "file";
    source.id = file["file_id"].text();
    source.name = file["filename"].text();
    source.uri = file["filepath"].text();
    if (!file.is_object() || (source.id.empty() && source.name.empty())) {
        place.keep(file);
        return;
    }
    add_data_source(place.scratch(), source);
    place.keep_others(file, {"file_id", "filename", "filepath"});
    place.keep_unless_text(file, {"file_id", "filename", "filepath"});
}

void add_found(JsonValue found, std::string_view type, const BodyPlace& place) {
    bool web = type == "web";
    DataSource source;
    source.type = type;
    source.id = web ? std::string_view() : found["fileId"].text();
    source.name = web ? found["title"].text() : found["fileName"].text();
    source.uri = web ? found["link"].text() : std::string_view();
    source.score = web ? std::nullopt : found["relevance"].real();
    if (source.id.empty() && source.name.empty() && source.uri.empty()) {
        place.keep(found);
        return;
    }
    add_data_source(place.scratch(), source);
    web ? place.keep_others(found, {"title", "link"})
        : place.keep_others(found, {"fileId", "fileName", "relevance"});
    web ? place.keep_unless_text(found, {"title", "link"})
        : place.keep_unless_text(found, {"fileId", "fileName"});
    if (!web && !source.score) {
        place.keep("relevance", found["relevance"]);
    }
}

void add_all_found(JsonValue list, std::string_view type, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue found : list.items()) {
        add_found(found, type, place.below(index++));
    }
    if (!list.is_array()) {
        place.keep(list);
    }
}

// What tools brought back beside their output: found files, web pages, files made.
void read_attachment(JsonValue attachment, const BodyPlace& place) {
    JsonValue files = attachment["file_search"];
    JsonValue web = attachment["web_search"];
    if (files["sources"].is_array()) {
        add_all_found(files["sources"], "file", place.below("file_search").below("sources"));
        place.below("file_search").keep_others(files, {"sources"});
        place.keep_others(attachment, {"file_search"});
    } else if (web["organic"].is_array()) {
        add_all_found(web["organic"], "web", place.below("web_search").below("organic"));
        place.below("web_search").keep_others(web, {"organic"});
        place.keep_others(attachment, {"web_search"});
    } else {
        add_file(attachment, place);
    }
}

void read_tool_call(JsonValue call, const BodyPlace& place, MessagesWriter& out) {
    BodyScratch& scratch = place.scratch();
    std::string_view id = call["id"].text();
    std::string_view name = call["name"].text();
    JsonValue arguments = call["args"];
    if (arguments.is_string()) {
        out.tool_call(id, name, arguments.text());
        add_tool_call(scratch, id, name, arguments.text());
    } else {
        out.tool_call(id, name, arguments);
        add_tool_call(scratch, id, name, arguments);
    }
    if (JsonValue output = call["output"]; output.exists() && !output.is_null()) {
        out.tool_result(id, output);
        add_tool_result(scratch, id, output);
    }
    place.keep_unless_text(call, {"id", "name"});
    place.keep_others(call, {"id", "name", "args", "output"});
}

void read_part(JsonValue part, const BodyPlace& place, MessagesWriter& out) {
    std::string_view type = part["type"].text();
    JsonValue inner = part[type];
    if (part.is_string()) {
        out.text(part.text());
    } else if (type == "text" && !text_of(inner).empty()) {
        out.text(text_of(inner));
        place.keep_others(part, {"type", "text"});
        if (inner.is_object()) {
            place.below(type).keep_others(inner, {"value"});
        }
    } else if (type == "think" && !text_of(inner).empty()) {
        out.reasoning(text_of(inner));
        place.keep_others(part, {"type", "think"});
    } else if (type == "tool_call" && inner.is_object()) {
        read_tool_call(inner, place.below(type), out);
        place.keep_others(part, {"type", "tool_call"});
    } else if (type == "error" && fill(place.record(), Field::kErrorMessage, inner)) {
        place.record().set_text(Field::kEventOutcome, "failure");
        place.keep_others(part, {"type", "error"});
    } else {
        out.given(part);
    }
}

// `content` says more than `text`, which repeats its words or is empty.
void read_content(JsonValue message, const BodyPlace& place, MessagesWriter& out,
                  std::string_view role) {
    JsonValue content = message["content"];
    JsonValue text = message["text"];
    out.begin_message(role);
    if (content.is_array() && content.size() > 0) {
        BodyPlace parts = place.below("content");
        size_t index = 0;
        for (JsonValue part : content.items()) {
            read_part(part, parts.below(index++), out);
        }
        if (out.all_text().find(text.text()) == std::string_view::npos || !text.is_string()) {
            place.keep("text", text);
        }
    } else {
        text.is_string() ? out.text(text.text()) : place.keep("text", text);
        place.keep("content", content);
    }
}

void read_files(JsonValue message, const BodyPlace& place) {
    for (std::string_view key : {"files", "attachments"}) {
        BodyPlace list = place.below(key);
        size_t index = 0;
        for (JsonValue item : message[key].items()) {
            BodyPlace here = list.below(index++);
            key == "files" ? add_file(item, here) : read_attachment(item, here);
        }
        if (!message[key].is_array()) {
            list.keep(message[key]);
        }
    }
}

void read_feedback(JsonValue feedback, const BodyPlace& place) {
    static constexpr MemberField kRating[] = {
        {"rating", Field::kFeedbackRating},
        {"text", Field::kFeedbackComment},
    };
    AuditRecord& record = place.record();
    for (auto [key, value] : feedback.members()) {
        JsonValue label = key == "tag" && value.is_object() ? value["key"] : value;
        if (key == "tag" && label.is_string()) {
            record.append_to_list(Field::kTags, label.text());
            if (value.is_object()) {
                place.below(key).keep_others(value, {"key"});
            }
        } else if (!place.fill_member(kRating, key, value)) {
            place.keep(key, value);
        }
    }
    if (!feedback.is_object()) {
        place.keep(feedback);
    }
    if (record.has(Field::kFeedbackRating)) {
        fill_text(record, Field::kFeedbackAuthorId, record.text(Field::kUserId));
    }
}

// A typed message is written once: what was written to it later is somebody's doing, most likely
// another text. An answer is written again while it streams, and its later stamp says nothing.
void read_times(JsonValue message, const BodyPlace& place, const ParseContext& context) {
    AuditRecord& record = place.record();
    JsonValue created = plain_value(message["createdAt"]);
    JsonValue updated = plain_value(message["updatedAt"]);
    if (!set_event_time(record, created, context)) {
        place.keep("createdAt", message["createdAt"]);
    }
    auto later = read_time(updated, context);
    auto at = record.integer(Field::kEventTime);
    bool typed = message["isCreatedByUser"].boolean().value_or(false);
    if (typed && later && at && later->at.value - *at >= kNanosPerSecond) {
        record.set_time(Field::kEditTime, later->at);
        record.append_to_list(Field::kRecordFlags, kUpdatedLater);
    } else if (!later || !at || later->at.value != *at) {
        place.keep("updatedAt", message["updatedAt"]);
    }
}

void read_model(JsonValue message, const BodyPlace& place) {
    AuditRecord& record = place.record();
    std::string_view model = message["model"].text();
    bool agent = model.starts_with(kAgentIds);
    if (!fill(record, agent ? Field::kGenAiAgentId : Field::kGenAiRequestModel, message["model"])) {
        place.keep("model", message["model"]);
    }
    if (!agent || !fill(record, Field::kGenAiAgentName, message["sender"])) {
        place.keep("sender", message["sender"]);
    }
    std::string_view provider = librechat_provider(message["endpoint"].text());
    if (provider.empty() || !fill_text(record, Field::kGenAiProviderName, provider)) {
        place.keep("endpoint", message["endpoint"]);
    }
}

// LibreChat counts by itself where a provider does not.
void read_count(JsonValue message, Field field, const BodyPlace& place) {
    JsonValue count = plain_value(message["tokenCount"]);
    bool some = count.is_string() ? count.text() != "0" : count.integer().value_or(0) > 0;
    if (some && fill(place.record(), field, count)) {
        fill_text(place.record(), Field::kUsageBasis, "estimated");
    } else {
        place.keep("tokenCount", message["tokenCount"]);
    }
}

void read_end(JsonValue message, const BodyPlace& place) {
    AuditRecord& record = place.record();
    bool failed = message["error"].boolean().value_or(false);
    if (failed) {
        record.set_text(Field::kEventOutcome, "failure");
        fill(record, Field::kErrorMessage, message["text"]);
    } else if (!message["error"].boolean()) {
        place.keep("error", message["error"]);
    }
    if (message["unfinished"].boolean().value_or(false)) {
        record.set_boolean(Field::kResponseTruncated, true);
    } else if (!message["unfinished"].boolean()) {
        place.keep("unfinished", message["unfinished"]);
    }
    std::string_view reason = message["finish_reason"].text();
    add_finish_reason(record, reason);
    if (reason.empty()) {
        place.keep("finish_reason", message["finish_reason"]);
    }
}

constexpr auto kRead = std::to_array<std::string_view>({
    "attachments",     "content",         "createdAt",     "endpoint",
    "error",           "feedback",        "files",         "children",
    "model",           "messageId",       "sender",        "text",
    "tokenCount",      "updatedAt",       "unfinished",    "user",
    "tenantId",        "parentMessageId", "finish_reason", "conversationId",
    "isCreatedByUser",
});

void keep_rest(JsonValue message, const BodyPlace& place) {
    for (auto [key, value] : message.members()) {
        if (std::find(kRead.begin(), kRead.end(), key) == kRead.end()) {
            place.keep(key, value);
        }
    }
    if (!message["isCreatedByUser"].boolean()) {
        place.keep("isCreatedByUser", message["isCreatedByUser"]);
    }
}

}  // namespace

JsonValue plain_value(JsonValue value) {
    constexpr int kNestingMax = 2;  // {"$date": {"$numberLong": "…"}}
    for (int level = 0; level < kNestingMax && value.size() == 1 && value.is_object(); ++level) {
        JsonMember only = *value.members().begin();
        if (!only.key.starts_with('$')) {
            break;
        }
        value = only.value;
    }
    return value;
}

bool is_librechat_message(JsonValue value) {
    return value["messageId"].is_string() && value["conversationId"].is_string() &&
           value["isCreatedByUser"].boolean().has_value();
}

std::string_view librechat_provider(std::string_view endpoint) {
    for (const EndpointRow& row : kEndpoints) {
        if (row.endpoint == endpoint) {
            return row.provider;
        }
    }
    return {};
}

void read_librechat_message(JsonValue message, const BodyPlace& place,
                            const ParseContext& context) {
    AuditRecord& record = place.record();
    bool typed = message["isCreatedByUser"].boolean().value_or(false);
    fill_text(record, Field::kEventKind, "inference");
    fill_text(record, Field::kEventAction, typed ? "prompt" : "answer");
    fill_text(record, Field::kGenAiOperationName, "chat");
    place.fill_or_keep(Field::kRecordNativeId, "messageId", message["messageId"]);
    for (const MemberField& row : kFields) {
        if (!fill(record, row.field, plain_value(message[row.key]))) {
            place.keep(row.key, message[row.key]);
        }
    }
    if (JsonValue parent = message["parentMessageId"]; parent.text() != kNoParent) {
        place.fill_or_keep(Field::kParentId, "parentMessageId", parent);
    }
    read_times(message, place, context);
    read_model(message, place);
    read_count(message, typed ? Field::kGenAiUsageInputTokens : Field::kGenAiUsageOutputTokens,
               place);
    MessagesWriter& out = typed ? place.scratch().input : place.scratch().output;
    if (!message["error"].boolean().value_or(false)) {
        read_content(message, place, out, typed ? "user" : "assistant");
        std::string_view reason = message["finish_reason"].text();
        out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
    } else {
        place.keep("content", message["content"]);
    }
    read_end(message, place);
    if (!typed) {
        fill(record, Field::kGenAiResponseId, message["messageId"]);
        bool whole = !message["unfinished"].boolean().value_or(false);
        if (!record.has(Field::kEventOutcome) && whole) {
            record.set_text(Field::kEventOutcome, "success");
        }
    }
    read_files(message, place);
    if (JsonValue feedback = message["feedback"]; feedback.exists()) {
        read_feedback(feedback, place.below("feedback"));
    }
    keep_rest(message, place);
}

void read_librechat_prompt(JsonValue message, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().input;
    read_content(message, place, out, "user");
    out.end_message();
    read_count(message, Field::kGenAiUsageInputTokens, place);
    read_files(message, place);
    keep_rest(message, place);
    // Of the message's own members the record has the answer's.
    for (const MemberField& row : kFields) {
        if (!fill(place.record(), row.field, plain_value(message[row.key]))) {
            place.keep(row.key, message[row.key]);
        }
    }
    for (std::string_view key :
         {"createdAt", "updatedAt", "feedback", "model", "endpoint", "sender"}) {
        place.keep(key, message[key]);
    }
    if (message["parentMessageId"].text() != kNoParent) {
        place.keep("parentMessageId", message["parentMessageId"]);
    }
}

}  // namespace llmtrail
