// Stamps as applications write them in JSON: ISO texts with or without a zone, HTTP dates, epoch
// numbers in any unit, numbers as texts. Used by parsers and by map rules. Ingest thread; never
// fails.
#pragma once

#include <optional>

#include "base/time.h"
#include "json_tree/json_tree.h"
#include "parsers/parser.h"
#include "record/audit_record.h"

namespace llmtrail {

// A stamp that carries no zone is taken as the source's time zone; zone_in_source stays false.
std::optional<Timestamp> read_time(JsonValue value, const ParseContext& context);
std::optional<Timestamp> read_time(std::string_view text, const ParseContext& context);

// event.time, event.time.precision and event.time.zone (source, assumed_utc or assumed_local).
void set_event_time(AuditRecord& record, const Timestamp& stamp, const ParseContext& context);

// False: no stamp in a known form; nothing was set.
bool set_event_time(AuditRecord& record, JsonValue value, const ParseContext& context);

}  // namespace llmtrail
