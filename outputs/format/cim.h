// The indexed fields of an event for Splunk, under the names of its Common Information Model
// (Change, Alerts, Data Access): what dashboards of these data models read without an extraction.
// Values are scalars, short and never content. Part of the JSON formatter. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "record/audit_record.h"
#include "record/event_class.h"

namespace llmtrail {

inline constexpr size_t kCimCharactersMax = 64;  // of one value

// {"vendor_product":"llmtrail agent",...}; what would make it longer than `bytes_max` is left out,
// the fields that identify the event come first.
void append_cim_fields(std::string& out, const AuditRecord& record, const EventClass& event_class,
                       std::string_view event_id, size_t bytes_max);

}  // namespace llmtrail
