#include "parsers/m365_copilot_graph.h"

#include <array>
#include <string>

#include "parsers/m365_copilot_event.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr std::string_view kPrompt = "userPrompt";
constexpr std::string_view kAnswer = "aiResponse";
constexpr std::string_view kSystemName = "8:orgid:";  // a user's number in place of a name

constexpr auto kFields = std::to_array<MemberField>({
    {"id", Field::kRecordNativeId},
    {"sessionId", Field::kGenAiConversationId},
    {"requestId", Field::kHttpRequestId},
    {"appClass", Field::kServiceName},
    {"interactionType", Field::kEventAction},
});

// How lists of things the interaction refers to name their members.
struct ReferenceNames {
    std::string_view type;
    std::string_view uri;
    std::string_view name;
    std::string_view action;
};

constexpr ReferenceNames kContexts = {"contextType", "contextReference", "displayName", "context"};
constexpr ReferenceNames kLinks = {"linkType", "linkUrl", "displayName", ""};

void read_references(JsonValue list, const BodyPlace& place, const ReferenceNames& names) {
    size_t index = 0;
    for (JsonValue item : list.items()) {
        BodyPlace here = place.below(index++);
        DataSource source;
        source.type = copilot_source_type(item[names.type].text());
        source.name = item[names.name].text();
        source.action = names.action;
        std::string_view at = item[names.uri].text();
        (at.find("://") == std::string_view::npos ? source.id : source.uri) = at;
        if (source.type.empty() && source.name.empty() && at.empty()) {
            here.keep(item);
            continue;
        }
        add_data_source(place.scratch(), source);
        here.keep_others(item, {names.type, names.uri, names.name});
        here.keep_unless_text(item, {names.type, names.uri, names.name});
    }
    if (!list.is_array()) {
        place.keep(list);
    }
}

// A person, an application or a device.
void read_sender(JsonMember sender, const BodyPlace& place) {
    static constexpr auto kUser = std::to_array<MemberField>({
        {"id", Field::kUserId},
        {"tenantId", Field::kOrganizationId},
        {"userPrincipalName", Field::kUserEmail},
        {"email", Field::kUserEmail},
    });
    static constexpr auto kApplication = std::to_array<MemberField>({
        {"id", Field::kGenAiAgentId},
        {"displayName", Field::kGenAiAgentName},
    });
    static constexpr auto kDevice = std::to_array<MemberField>({
        {"id", Field::kDeviceId},
        {"displayName", Field::kDeviceName},
    });
    bool user = sender.key == "user";
    std::span<const MemberField> fields = kDevice;
    if (sender.key != "device") {
        fields = user ? std::span<const MemberField>(kUser) : kApplication;
    }
    for (JsonMember member : sender.value.members()) {
        std::string_view text = member.value.text();
        if (user && member.key == "displayName" && !text.starts_with(kSystemName)) {
            place.fill_or_keep(Field::kUserName, member.key, member.value);
        } else if (!place.fill_member(fields, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
    if (user && sender.value.is_object()) {
        fill_text(place.record(), Field::kUserType, "human");
    }
}

void read_from(JsonValue from, const BodyPlace& place) {
    for (JsonMember sender : from.members()) {
        BodyPlace here = place.below(sender.key);
        bool known = sender.key == "user" || sender.key == "application" || sender.key == "device";
        if (known && sender.value.is_object()) {
            read_sender(sender, here);
        } else {
            here.keep(sender.value);
        }
    }
    if (!from.is_object()) {
        place.keep(from);
    }
}

// Nothing but the places of attachments: "<attachment id=\"…\"></attachment>".
bool is_placeholder(std::string_view content) {
    constexpr std::string_view kOpen = "<attachment id=\"";
    constexpr std::string_view kClose = "\"></attachment>";
    while (content.starts_with(kOpen)) {
        size_t end = content.find(kClose);
        if (end == std::string_view::npos) {
            return false;
        }
        content.remove_prefix(end + kClose.size());
    }
    return content.empty();
}

}  // namespace

bool CopilotGraphReader::recognizes(JsonValue value) {
    return value["interactionType"].is_string() && value["body"].exists() &&
           (value["appClass"].is_string() || value["sessionId"].is_string());
}

// An answer as a card: its blocks of text. The field of the same text without links is the card's
// own repeat of it.
bool CopilotGraphReader::card(JsonValue content, const BodyPlace& place, MessagesWriter& out) {
    auto read = card_tree_.read(content.text(), false);
    if (!read || !(*read)["body"].is_array()) {
        return false;
    }
    JsonValue blocks = (*read)["body"];
    BodyPlace body = place.below("body");
    bool first = true;
    size_t index = 0;
    for (JsonValue block : blocks.items()) {
        BodyPlace here = body.below(index++);
        std::string_view text = block["text"].text();
        bool shown = block["type"].text() == "TextBlock" && !text.empty();
        if (shown && (first || !block["id"].exists())) {
            out.text(text);
            here.keep_others(block, {"type", "text"});
            first = false;
        } else {
            here.keep(block);
        }
    }
    place.keep_others(*read, {"body"});
    return true;
}

void CopilotGraphReader::attachment(JsonValue attachment, const BodyPlace& place,
                                    MessagesWriter& out) {
    DataSource source;
    source.type = copilot_source_type(attachment["contentType"].text());
    source.id = attachment["attachmentId"].text();
    source.uri = attachment["contentUrl"].text();
    source.name = attachment["name"].text();
    JsonValue content = attachment["content"];
    bool is_card = source.type.ends_with("card.adaptive");
    if (!is_card || !card(content, place.below("content"), out)) {
        place.keep("content", content);
    }
    if (is_card) {  // a part of the answer, not a source of it
        place.keep_others(attachment, {"content"});
        return;
    }
    add_data_source(place.scratch(), source);
    place.keep_others(attachment, {"contentType", "attachmentId", "contentUrl", "name", "content"});
    place.keep_unless_text(attachment, {"contentType", "attachmentId", "contentUrl", "name"});
}

void CopilotGraphReader::attachments(JsonValue attachments, const BodyPlace& place,
                                     MessagesWriter& out) {
    size_t index = 0;
    for (JsonValue item : attachments.items()) {
        BodyPlace here = place.below(index++);
        item.is_object() ? attachment(item, here, out) : here.keep(item);
    }
    if (!attachments.is_array()) {
        place.keep(attachments);
    }
}

void CopilotGraphReader::content(JsonValue interaction, const BodyPlace& place,
                                 MessagesWriter& out) {
    BodyPlace here = place.below("body");
    JsonValue body = interaction["body"];
    JsonValue text = body.is_string() ? body : body["content"];
    if (text.is_string() && !is_placeholder(text.text())) {
        out.text(text.text());
    } else {
        here.keep("content", text);
    }
    if (!body.is_string()) {
        here.keep_others(body, {"content"});
    }
    attachments(interaction["attachments"], place.below("attachments"), out);
}

void CopilotGraphReader::read(JsonValue interaction, const BodyPlace& place,
                              const ParseContext& context) {
    AuditRecord& record = place.record();
    std::string_view type = interaction["interactionType"].text();
    bool answer = type == kAnswer;
    bool known = answer || type == kPrompt;
    for (JsonMember member : interaction.members()) {
        auto [key, value] = member;
        BodyPlace here = place.below(key);
        if (key == "createdDateTime" && set_event_time(record, value, context)) {
            if (answer) {
                record.set_time(Field::kEventEnd, UnixNanos{*record.integer(Field::kEventTime)});
            }
        } else if (key == "locale" && value.is_string() && known) {
            bool filled = fill_text(
                record, answer ? Field::kResponseLanguage : Field::kPromptLanguage, value.text());
            if (filled) {
                record.set_text(
                    answer ? Field::kResponseLanguageSource : Field::kPromptLanguageSource,
                    "source");
            }
        } else if (key == "from") {
            read_from(value, here);
        } else if (key == "contexts") {
            read_references(value, here, kContexts);
        } else if (key == "links") {
            read_references(value, here, kLinks);
        } else if ((key == "body" || key == "attachments") && value.at() == interaction[key].at()) {
            continue;  // together, below
        } else if (!place.fill_member(kFields, key, value)) {
            here.keep(value);
        }
    }
    MessagesWriter& out = answer ? place.scratch().output : place.scratch().input;
    out.begin_message(answer ? "assistant" : "user");
    content(interaction, place, out);
    out.end_message();
    if (answer) {
        fill_text(record, Field::kGenAiResponseId, interaction["id"].text());
    }
    fill_text(record, Field::kGenAiProviderName, "microsoft.copilot");
    fill_text(record, Field::kGenAiOperationName, "chat");
    record.set_text(Field::kEventKind, known ? "inference" : "other");
}

}  // namespace llmtrail
