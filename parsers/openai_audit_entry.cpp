// One entry of the audit log: {id, type, effective_at, project, actor, <type>: {…}}. The type says
// what was changed and how, "ip_allowlist.config.deactivated": all but the last word is the kind of
// thing, so that types yet to come are read too.
#include <algorithm>
#include <array>
#include <string>

#include "parsers/openai_audit_parts.h"
#include "parsers/setting_change.h"
#include "parsers/time_value.h"

namespace llmtrail::openai_audit {

namespace {

constexpr std::string_view kObject = "organization.audit_log";
constexpr size_t kTypeBytesMax = 128;

// Last words of types after which nothing is set otherwise than before.
constexpr auto kAccessWords = std::to_array<std::string_view>({
    "accessed",
    "checked",
    "downloaded",
    "exported",
    "listed",
    "read",
    "viewed",
});

struct TypeParts {
    std::string_view thing;
    std::string_view word;
};

TypeParts parts_of(std::string_view type) {
    size_t point = type.rfind('.');
    if (point == std::string_view::npos) {
        return {type, {}};
    }
    return {type.substr(0, point), type.substr(point + 1)};
}

bool is_access(const TypeParts& parts) {
    return parts.thing == "login" || parts.thing == "logout" ||
           std::find(kAccessWords.begin(), kAccessWords.end(), parts.word) != kAccessWords.end();
}

// "api_key.created", or with underscores where a collector has no names with points.
bool is_named_after(std::string_view key, std::string_view type) {
    return key.size() == type.size() && key.size() <= kTypeBytesMax &&
           std::equal(key.begin(), key.end(), type.begin(),
                      [](char a, char b) { return a == b || (a == '_' && b == '.'); });
}

void read_user(JsonValue user, const BodyPlace& place) {
    static constexpr MemberField kUser[] = {
        {"id", Field::kUserId}, {"email", Field::kUserEmail}, {"name", Field::kUserName}};
    for (auto [key, value] : user.members()) {
        if (!place.fill_member(kUser, key, value)) {
            place.keep(key, value);
        }
    }
    if (!user.is_object()) {
        place.keep(user);
    }
}

void read_session(JsonValue session, const BodyPlace& place) {
    static constexpr MemberField kSession[] = {{"ip_address", Field::kClientIp},
                                               {"user_agent", Field::kUserAgentOriginal}};
    for (auto [key, value] : session.members()) {
        if (key == "user") {
            read_user(value, place.below(key));
        } else if (!place.fill_member(kSession, key, value)) {
            place.keep(key, value);
        }
    }
}

void read_key(JsonValue api_key, const BodyPlace& place) {
    for (auto [key, value] : api_key.members()) {
        if (key == "id") {
            place.fill_or_keep(Field::kApiKeyId, key, value);
        } else if (key == "user" || key == "service_account") {
            read_user(value, place.below(key));
        } else {
            place.keep(key, value);
        }
    }
}

void read_actor(JsonValue actor, const BodyPlace& place) {
    AuditRecord& record = place.record();
    bool service = actor["api_key"]["service_account"].is_object() ||
                   actor["api_key"]["type"].text() == "service_account";
    for (auto [key, value] : actor.members()) {
        BodyPlace here = place.below(key);
        if (key == "session" && value.is_object()) {
            fill_text(record, Field::kUserType, "human");
            read_session(value, here);
        } else if (key == "api_key" && value.is_object()) {
            fill_text(record, Field::kUserType, service ? "service" : "api_key");
            read_key(value, here);
        } else if (key != "type" || !actor[value.text()].is_object()) {
            here.keep(value);
        }
    }
    if (!actor.is_object()) {
        place.keep(actor);
    }
}

void read_project(JsonValue project, const BodyPlace& place) {
    for (auto [key, value] : project.members()) {
        if (key == "id") {
            place.fill_or_keep(Field::kCloudAccountId, key, value);
        } else {
            place.keep(key, value);
        }
    }
    if (!project.is_object()) {
        place.keep(project);
    }
}

// The thing's id: its own, or that of the only one in a list of things.
JsonValue id_of(JsonValue detail) {
    if (detail["id"].exists()) {
        return detail["id"];
    }
    for (JsonMember member : detail.members()) {
        if (member.value.is_array() && member.value.size() == 1) {
            return (*member.value.items().begin())["id"];
        }
    }
    return {};
}

bool is_taken_away(std::string_view type) {
    return type.ends_with(".deleted") || type.ends_with(".archived") || type.ends_with(".revoked");
}

// {id, data: {…}} of what was made, {id, changes_requested: {…}} of what was changed, or the values
// themselves; a failed login has an error.
void read_detail(JsonValue detail, std::string_view type, const BodyPlace& place) {
    AuditRecord& record = place.record();
    if (!detail.is_object()) {
        place.keep(detail);
        return;
    }
    bool id_placed = fill(record, Field::kConfigResourceId, id_of(detail));
    bool apart = detail["data"].exists() || detail["changes_requested"].exists();
    std::string values;
    std::string names;  // of the values
    for (auto [key, value] : detail.members()) {
        bool placed = false;
        if (key == "id") {
            placed = id_placed;
        } else if (key == "changes_requested" && value.is_object()) {
            fill_text(record, Field::kConfigSetting, changed_names(JsonValue(), value));
            placed = set_config_value(record, Field::kConfigNewValue, type, value);
        } else if (key == "data") {
            fill_text(record, Field::kConfigSetting, changed_names(JsonValue(), value));
            placed = set_config_value(record, Field::kConfigNewValue, type, value);
        } else if (key == "error_code") {
            placed = fill(record, Field::kErrorType, value);
        } else if (key == "error_message") {
            placed = fill(record, Field::kErrorMessage, value);
        } else if (!apart && !is_access(parts_of(type))) {
            add_member(values, key, value);
            add_changed_name(names, key, value);
            placed = true;
        }
        if (!placed) {
            place.keep(key, value);
        }
    }
    if (!values.empty()) {
        Field field = is_taken_away(type) ? Field::kConfigOldValue : Field::kConfigNewValue;
        fill_text(record, field, "{" + values + "}");
        fill_text(record, Field::kConfigSetting, names);
    }
}

}  // namespace

bool is_entry(JsonValue value) {
    bool named = value["object"].text() == kObject || value["actor"]["session"].is_object() ||
                 value["actor"]["api_key"].is_object();
    return named && value["type"].is_string() && value["effective_at"].exists() &&
           value["id"].is_string();
}

void read_entry(JsonValue entry, const BodyPlace& place, const ParseContext& context) {
    AuditRecord& record = place.record();
    std::string_view type = entry["type"].text();
    TypeParts parts = parts_of(type);
    bool access = is_access(parts);
    fill_text(record, Field::kEventDataset, "openai_audit.organization");
    fill_text(record, Field::kEventKind, access ? "access" : "config_change");
    fill_text(record, Field::kEventOutcome, parts.word == "failed" ? "failure" : "success");
    fill_text(record, Field::kGenAiProviderName, "openai");
    if (parts.thing != "login" && parts.thing != "logout") {
        fill_text(record, Field::kConfigResourceType, parts.thing);
    }
    for (auto [key, value] : entry.members()) {
        BodyPlace here = place.below(key);
        if (value.is_null()) {
            continue;
        }
        if (key == "id") {
            place.fill_or_keep(Field::kRecordNativeId, key, value);
        } else if (key == "type") {
            place.fill_or_keep(Field::kEventAction, key, value);
        } else if (key == "effective_at" && !record.has(Field::kEventTime) &&
                   set_event_time(record, value, context)) {
            continue;
        } else if (key == "actor") {
            read_actor(value, here);
        } else if (key == "project") {
            read_project(value, here);
        } else if (is_named_after(key, type)) {
            read_detail(value, type, here);
        } else if (key != "object" || value.text() != kObject) {
            here.keep(value);
        }
    }
}

}  // namespace llmtrail::openai_audit
