// What a SOC calls an event: the class table of docs/outputs.md ("Event classes"). Derived from a
// record alone; route filters by it, format prints it. Pure, any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "record/audit_record.h"

namespace llmtrail {

struct EventClass {
    uint16_t id = 0;              // stable: CEF event class id and LEEF EventID
    std::string_view name;        // constant text, never data from a record
    std::string_view category;    // CEF cat
    uint8_t severity = 0;         // CEF 0..10
    uint8_t syslog_severity = 6;  // RFC 5424: 2 crit, 3 err, 4 warning, 5 notice, 6 info
};

// What the guardrails of a record did, read from its list, its flags and its finish reasons.
struct GuardrailSummary {
    bool acted = false;  // one of the list did more than allow
    bool overridden = false;
    bool blocked = false;
    bool redacted = false;
    bool flagged = false;
};

GuardrailSummary summarize_guardrails(const AuditRecord& record);

// Never fails: a record that fits nothing else is class 100 by kind, or 605 when rejected.
const EventClass& event_class_of(const AuditRecord& record);
// The same for a caller who needs the summary too: the list is read once.
const EventClass& event_class_of(const AuditRecord& record, const GuardrailSummary& guardrails);

const EventClass* event_class_by_id(uint16_t id);  // null: no such class

}  // namespace llmtrail
