// Rows of LiteLLM's audit log (LiteLLM_AuditLog, GET /audit).
#include <string>

#include "parsers/litellm_parts.h"
#include "parsers/setting_change.h"
#include "parsers/time_value.h"

namespace llmtrail::litellm {

namespace {

constexpr MemberField kMembers[] = {
    {"id", Field::kRecordNativeId},          {"changed_by", Field::kUserId},
    {"action", Field::kEventAction},         {"table_name", Field::kConfigResourceType},
    {"object_id", Field::kConfigResourceId},
};

// Not the text of an object that was cut.
bool is_whole(JsonValue opened, JsonValue given) {
    return opened.is_object() || given.carries_nothing();
}

}  // namespace

bool is_audit_row(JsonValue row) {
    return row["table_name"].is_string() && row["object_id"].is_string() &&
           row["action"].is_string() &&
           (row["updated_values"].exists() || row["before_value"].exists()) &&
           (row["changed_by"].exists() || row["changed_by_api_key"].exists());
}

void read_audit_row(JsonValue row, const BodyPlace& place, const ParseContext& context) {
    AuditRecord& record = place.record();
    JsonTree before_tree;
    JsonTree after_tree;
    JsonValue before = opened(row["before_value"], before_tree);
    JsonValue after = opened(row["updated_values"], after_tree);
    record.set_text(Field::kEventKind, "config_change");
    record.set_text(Field::kEventOutcome, "success");
    bool whole = is_whole(before, row["before_value"]) && is_whole(after, row["updated_values"]);
    if (whole) {  // of what came or went: all it had
        bool went = after.size() == 0;
        fill_text(record, Field::kConfigSetting,
                  went ? changed_names(JsonValue(), before) : changed_names(before, after));
    }
    for (auto [key, value] : row.members()) {
        if (value.is_null() || place.fill_member(kMembers, key, value)) {
            continue;
        }
        bool placed = false;
        if (key == "updated_at") {
            placed = !record.has(Field::kEventTime) && set_event_time(record, value, context);
        } else if (key == "before_value") {
            placed = set_config_value(record, Field::kConfigOldValue, key, before);
        } else if (key == "updated_values") {
            placed = set_config_value(record, Field::kConfigNewValue, key, after);
        } else if (key == "changed_by_api_key") {
            fill_key_hash(place, key, value);
            placed = true;
        }
        if (!placed) {
            place.keep(key, value);
        }
    }
    if (!record.has(Field::kUserId) && record.has(Field::kApiKeyId)) {
        record.set_text(Field::kUserType, "api_key");
    }
}

}  // namespace llmtrail::litellm
