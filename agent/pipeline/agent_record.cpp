#include "pipeline/agent_record.h"

namespace llmtrail {

bool is_agent_record(const AuditRecord& record) {
    return record.text(Field::kEventKind) == "agent" && !record.has(Field::kSourceId);
}

void fill_agent_record(AuditRecord& record, const AgentNews& news, UnixNanos now) {
    record.clear();
    record.set_text(Field::kEventKind, "agent");
    bool refused = news.event_class == kClassConfigRejected;
    record.set_text(Field::kEventOutcome, refused ? "failure" : "success");
    record.set_time(Field::kEventTime, now);
    record.set_text(Field::kEventTimePrecision, precision_name(TimePrecision::kNanos));
    record.set_time(Field::kEventIngested, now);
    record.set_text(Field::kEventProvider, "agent");
    record.set_text(Field::kRecordState, "complete");
    record.set_integer(Field::kAgentClass, news.event_class);
    record.set_text(Field::kAgentSubject, news.subject);
    record.set_text(Field::kAgentDetail, news.detail);
    if (news.count > 1) {
        record.set_integer(Field::kAgentCount, news.count);
    }
}

}  // namespace llmtrail
