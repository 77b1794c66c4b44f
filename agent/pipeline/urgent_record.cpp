#include "pipeline/urgent_record.h"

#include "record/event_class.h"

namespace llmtrail {

static constexpr uint16_t kClassOverride = 210;

bool is_urgent(const AuditRecord& record) {
    std::string_view kind = record.text(Field::kEventKind);
    if (kind == "config_change" || kind == "edit") {
        return true;
    }
    // Most records have no guardrail, and telling the class of the others is not free.
    bool may_override = kind == "guardrail" || record.has(Field::kGuardrails);
    return may_override && event_class_of(record).id == kClassOverride;
}

}  // namespace llmtrail
