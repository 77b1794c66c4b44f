#include "parsers/setting_change.h"

#include "bodies/body.h"
#include "bodies/redaction.h"

namespace llmtrail {

namespace {

// Members are looked up by name, one after another: a bound keeps that short.
constexpr size_t kComparedMembersMax = 256;

}  // namespace

std::string setting_text(std::string_view key, JsonValue value) {
    std::string text;
    if (is_hidden(key, value, SecretScope::kSettings)) {
        text = kRedacted;
    } else if (!value.is_string()) {
        append_redacted_json(text, key, value, SecretScope::kSettings);
    } else if (!redact_text(key, value.text(), text, SecretScope::kSettings)) {
        text = value.text();
    }
    return text;
}

bool set_config_value(AuditRecord& record, Field field, std::string_view key, JsonValue value) {
    bool empty = !value.exists() || value.is_null() || (value.is_container() && value.size() == 0);
    return !empty && fill_text(record, field, setting_text(key, value));
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
