#include "parsers/setting_change.h"

#include "bodies/body.h"
#include "bodies/redaction.h"

namespace llmtrail {

namespace {

// Members are looked up by name, one after another: a bound keeps that short.
constexpr size_t kComparedMembersMax = 256;

}  // namespace

bool set_config_value(AuditRecord& record, Field field, std::string_view key, JsonValue value) {
    if (!value.exists() || value.is_null() || (value.is_container() && value.size() == 0)) {
        return false;
    }
    if (is_hidden(key, value)) {
        return fill_text(record, field, kRedacted);
    }
    if (!value.is_container()) {
        return fill(record, field, value);
    }
    std::string json;
    append_redacted_json(json, key, value);
    return fill_text(record, field, json);
}

std::string changed_names(JsonValue before, JsonValue after) {
    std::string names;
    if (after.size() > kComparedMembersMax || before.size() > kComparedMembersMax) {
        return names;
    }
    for (JsonMember member : after.members()) {
        JsonValue old = before[member.key];
        if (before.is_object() && old.exists() && old.json() == member.value.json()) {
            continue;
        }
        if (names.size() + member.key.size() >= kSettingNamesBytesMax) {
            return {};
        }
        names.append(names.empty() ? "" : ",").append(member.key);
    }
    return names;
}

void add_changed_name(std::string& names, std::string_view name, JsonValue value) {
    if (!value.carries_nothing() && names.size() + name.size() < kSettingNamesBytesMax) {
        names.append(names.empty() ? "" : ",").append(name);
    }
}

}  // namespace llmtrail
