#include "parsers/m365_copilot_audit.h"

#include <algorithm>
#include <array>
#include <string>

#include "parsers/m365_copilot_event.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

constexpr std::string_view kEventData = "CopilotEventData";
constexpr std::string_view kDataset = "m365_copilot.";
constexpr std::string_view kEventColumn = "LLMEventData";
constexpr int64_t kCopilotInteraction = 261;

constexpr auto kFields = std::to_array<MemberField>({
    {"Id", Field::kRecordNativeId},
    {"RecordId", Field::kRecordNativeId},
    {"Operation", Field::kEventAction},
    {"operation", Field::kEventAction},
    {"OrganizationId", Field::kOrganizationId},
    {"organizationId", Field::kOrganizationId},
    {"UserAgent", Field::kUserAgentOriginal},
    {"AgentId", Field::kGenAiAgentId},
    {"AgentName", Field::kGenAiAgentName},
    {"AgentVersion", Field::kGenAiAgentVersion},
    {"AppHost", Field::kServiceName},
    {"ActorUserId", Field::kUserId},
    {"AIModelName", Field::kGenAiResponseModel},
});

struct UserTypeRow {
    std::string_view name;  // its place is its number
    std::string_view type;
};

constexpr auto kUserTypes = std::to_array<UserTypeRow>({
    {"Regular", "human"},
    {"Reserved", ""},
    {"Admin", "human"},
    {"DcAdmin", "human"},
    {"System", "service"},
    {"Application", "service"},
    {"ServicePrincipal", "service"},
    {"CustomPolicy", "service"},
    {"SystemPolicy", "service"},
    {"PartnerTechnician", "human"},
    {"Guest", "human"},
});

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

bool is_email(std::string_view text) {
    return holds(text, "@");
}

bool is_guid(std::string_view text) {
    constexpr size_t kGuidBytes = 36;
    return text.size() == kGuidBytes && text[8] == '-' &&
           text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

bool is_copilot_type(JsonValue type) {
    return type.integer() == kCopilotInteraction || type.text() == "261" ||
           holds(type.text(), "Copilot") || holds(type.text(), "AIApp");
}

bool is_copilot_workload(std::string_view workload) {
    return holds(workload, "Copilot") || holds(workload, "AIApp");
}

// Reading and listing, as opposed to changing.
bool is_read(std::string_view operation) {
    for (std::string_view verb : {"Get", "List", "View", "Read", "Access", "Search", "Export"}) {
        if (operation.starts_with(verb)) {
            return true;
        }
    }
    return false;
}

// "::ffff:203.0.113.7" and "203.0.113.7:4711" without what is no address. False: the text says more
// than the address.
bool fill_address(AuditRecord& record, std::string_view text) {
    std::string_view address = text;
    for (std::string_view mapped : {"::ffff:", "ffff:"}) {
        if (address.starts_with(mapped) && holds(address, ".")) {
            address.remove_prefix(mapped.size());
        }
    }
    bool ported = false;
    if (address.starts_with('[') && holds(address, "]")) {
        ported = true;
        address = address.substr(1, address.find(']') - 1);
    } else if (holds(address, ".") && address.find(':') == address.rfind(':')) {
        ported = holds(address, ":");
        address = address.substr(0, address.find(':'));
    }
    return fill_text(record, Field::kClientIp, address) && !ported;
}

bool fill_user_type(AuditRecord& record, JsonValue value) {
    auto number = value.integer();
    const UserTypeRow* row = nullptr;
    if (number && *number >= 0 && *number < static_cast<int64_t>(kUserTypes.size())) {
        row = &kUserTypes[static_cast<size_t>(*number)];
    }
    for (const UserTypeRow& one : kUserTypes) {
        row = one.name == value.text() ? &one : row;
    }
    if (row == nullptr) {
        return false;
    }
    record.append_to_list(Field::kUserRoles, row->name);
    fill_text(record, Field::kUserType, row->type);
    return true;
}

// Who it was, by address or number: the number stays the same when the address changes.
bool fill_user(AuditRecord& record, std::string_view text) {
    if (is_email(text)) {
        return fill_text(record, Field::kUserEmail, text);
    }
    return fill_text(record, Field::kUserId, text);
}

JsonMember audit_data_of(JsonValue document) {
    for (std::string_view key : {"AuditData", "auditData"}) {
        if (document[key].exists()) {
            return {key, document[key]};
        }
    }
    return {};
}

}  // namespace

bool CopilotAuditReader::recognizes(JsonValue document) {
    if (document[kEventColumn].exists()) {
        return document["TimeGenerated"].is_string();
    }
    if (JsonValue data = audit_data_of(document).value; data.exists()) {
        return data.is_string()
                   ? holds(data.text(), kEventData) || is_copilot_type(document["RecordType"])
                   : recognizes(data);
    }
    bool audit = document["Operation"].is_string() && document["CreationTime"].is_string();
    return audit &&
           (document[kEventData].exists() ||
            (document["Workload"].exists() && (is_copilot_type(document["RecordType"]) ||
                                               is_copilot_workload(document["Workload"].text()))));
}

void CopilotAuditReader::event(JsonValue event, const BodyPlace& place) {
    if (event.is_string()) {
        auto read = event_tree_.read(event.text(), false);
        if (!read || !read->is_object()) {
            place.keep(event);
            place.record().append_to_list(Field::kRecordFlags, "body_not_json");
            return;
        }
        event = *read;
    }
    read_copilot_event(event, place);
}

// [{"Name", "OldValue", "NewValue"}]: the first is the setting, the others stay beside it.
void CopilotAuditReader::settings(JsonValue changes, const BodyPlace& place) {
    static constexpr auto kChange = std::to_array<MemberField>({
        {"Name", Field::kConfigSetting},
        {"OldValue", Field::kConfigOldValue},
        {"NewValue", Field::kConfigNewValue},
    });
    size_t index = 0;
    for (JsonValue change : changes.items()) {
        BodyPlace here = place.below(index);
        for (JsonMember member : change.members()) {
            if (index > 0 || !here.fill_member(kChange, member.key, member.value)) {
                here.keep(member.key, member.value);
            }
        }
        if (!change.is_object()) {
            here.keep(change);
        }
        ++index;
    }
    if (!changes.is_array()) {
        place.keep(changes);
    }
}

bool CopilotAuditReader::member(JsonMember member, const BodyPlace& place,
                                const ParseContext& context) {
    AuditRecord& record = place.record();
    auto [key, value] = member;
    if (key == "CreationTime" || key == "TimeGenerated" || key == "CreationDate" ||
        key == "createdDateTime") {
        ParseContext utc = context;  // whatever the zone of the source's other stamps
        utc.default_utc_offset_seconds = 0;
        auto stamp = read_time(value, utc);
        if (stamp && !record.has(Field::kEventTime)) {
            set_event_time(record, *stamp, utc);
        }
        return stamp && record.integer(Field::kEventTime) == stamp->at.value;
    }
    if (key == "RecordType" && (value.integer() || is_copilot_type(value))) {
        std::string dataset(kDataset);
        dataset += value.is_string() ? std::string(value.text().substr(0, 64)) : value.json();
        return fill_text(record, Field::kEventDataset, dataset);
    }
    if (key == "UserKey" || key == "UserId" || key == "ActorName") {
        // A key that is no number of the directory says nothing by itself.
        return (key != "UserKey" || is_guid(value.text())) && fill_user(record, value.text());
    }
    if (key == "UserType" || key == "ActorUserType") {
        return fill_user_type(record, value);
    }
    if (key == "ClientIP" || key == "ClientIPAddress" || key == "SrcIpAddr") {
        return fill_address(record, value.text());
    }
    if (key == kEventData || key == kEventColumn) {
        interaction_ = true;
        event(value, place.below(key));
        return true;
    }
    if (key == "ModifiedProperties") {
        settings(value, place.below(key));
        return true;
    }
    if (key == "ObjectId") {
        return fill(record, Field::kConfigResourceId, value);
    }
    return place.fill_member(kFields, key, value);
}

void CopilotAuditReader::level(JsonValue object, const BodyPlace& place,
                               const ParseContext& context) {
    for (JsonMember one : object.members()) {
        if (!member(one, place, context)) {
            place.keep(one.key, one.value);
        }
    }
}

void CopilotAuditReader::finish(AuditRecord& record) {
    std::string action(record.text(Field::kEventAction));
    if (!record.has(Field::kUserId)) {
        record.set_text(Field::kUserId, std::string(record.text(Field::kUserEmail)));
    }
    if (action.empty() &&
        holds(record.text(Field::kEventDataset), "Interaction")) {  // a row of CopilotActivity
        action = record.text(Field::kEventDataset).substr(kDataset.size());
        record.set_text(Field::kEventAction, action);
    }
    if (interaction_ || holds(action, "Interaction")) {
        record.set_text(Field::kEventKind, "inference");
        record.set_text(Field::kEventOutcome, "unknown");  // one blocked document says nothing
        fill_text(record, Field::kGenAiOperationName, "chat");
        if (holds(action, "Copilot")) {
            fill_text(record, Field::kGenAiProviderName, kCopilotProvider);
        }
        record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
        return;
    }
    record.set_text(Field::kEventKind, is_read(action) ? "access" : "config_change");
}

// The record is read first: the row around it repeats some of its members.
void CopilotAuditReader::read(JsonValue document, const BodyPlace& place,
                              const ParseContext& context) {
    interaction_ = false;
    JsonMember data = audit_data_of(document);
    if (!data.value.exists()) {
        level(document, place, context);
        finish(place.record());
        return;
    }
    BodyPlace inside = place.below(data.key);
    JsonValue record = data.value;
    if (record.is_string()) {
        auto read = record_tree_.read(record.text(), false);
        record = read ? *read : JsonValue();
    }
    if (record.is_object()) {
        level(record, inside, context);
    } else {
        inside.keep(data.value);
        place.record().append_to_list(Field::kRecordFlags, "body_not_json");
    }
    for (JsonMember around : document.members()) {
        if (around.key != data.key && !member(around, place, context)) {
            place.keep(around.key, around.value);
        }
    }
    finish(place.record());
}

}  // namespace llmtrail
