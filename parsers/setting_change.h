// The change of a setting as audit logs tell it: objects of names and values before and after.
// Used by the parsers of vendors' and gateways' audit logs. Pure but for the record; ingest thread.
#pragma once

#include <string>
#include <string_view>

#include "json_tree/json_tree.h"
#include "record/audit_record.h"

namespace llmtrail {

// What somebody set: a text as it is, anything else as its JSON; secrets as "[redacted]", also in
// JSON that a text holds, whole or cut. `key`: what the value stands under.
std::string setting_text(std::string_view key, JsonValue value);

// The same as llm.audit.config.old_value or .new_value. False: it carries nothing, or the field has
// another value.
bool set_config_value(AuditRecord& record, Field field, std::string_view key, JsonValue value);

// Names of the members of `after` whose values differ from those of `before` ("" when it is no
// object: all), one comma between two; at most kSettingNamesBytesMax, then nothing.
inline constexpr size_t kSettingNamesBytesMax = 1024;
std::string changed_names(JsonValue before, JsonValue after);
// One more such name, unless its value carries nothing or there are too many.
void add_changed_name(std::string& names, std::string_view name, JsonValue value);

}  // namespace llmtrail
