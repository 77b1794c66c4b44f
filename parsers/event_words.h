// What an event's own name says about it ("llm.settings_change", "tool_call", "UserFeedback"): its
// kind. Pure but for the record; ingest thread.
#pragma once

#include <string_view>

#include "record/audit_record.h"

namespace llmtrail {

// event.kind by the words of `name`; "" when they say nothing. Never `agent` or `rejected`: those
// are ours to say.
std::string_view kind_by_words(std::string_view name);

// "llm.blocked": the application says so, whatever its list of guardrails shows.
bool says_blocked(std::string_view name);

// event.action, and event.kind where the words tell it. False: event.action is set already.
bool set_event(AuditRecord& record, std::string_view name);

}  // namespace llmtrail
