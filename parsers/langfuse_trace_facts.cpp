#include <algorithm>

#include "parsers/framework_metadata.h"
#include "parsers/langfuse_record.h"
#include "parsers/repeated.h"

namespace llmtrail::langfuse {

namespace {

constexpr Field kShared[] = {
    Field::kUserId,         Field::kUserEmail,
    Field::kUserName,       Field::kUserRoles,
    Field::kClientIp,       Field::kUserAgentOriginal,
    Field::kDeviceId,       Field::kDeviceName,
    Field::kOrganizationId, Field::kOrganizationUnit,
    Field::kServiceVersion, Field::kDeploymentEnvironmentName,
    Field::kTags,           Field::kGenAiConversationId,
};

}  // namespace

TraceFacts TraceFacts::of(JsonValue trace, const ReadSpace& space) {
    AuditRecord record;
    BodyScratch scratch;
    BodyPlace place("", scratch, record);
    llmtrail::fill(record, Field::kUserId, member_of(trace, "userId"));
    llmtrail::fill(record, Field::kGenAiConversationId, member_of(trace, "sessionId"));
    llmtrail::fill(record, Field::kDeploymentEnvironmentName, trace["environment"]);
    llmtrail::fill(record, Field::kServiceVersion, trace["release"]);
    llmtrail::fill(record, Field::kTags, trace["tags"]);
    otlp::PoolScope scope(space.pool);
    JsonValue metadata = metadata_of(trace["metadata"], space.pool);
    read_app_metadata(metadata, place, space.context, space.pool);
    TraceFacts facts;
    for (Field field : kShared) {
        if (record.has(field) && record.text(field).size() <= kRepeatedBytesMax) {
            facts.facts_.push_back({field, std::string(record.text(field))});
        }
    }
    return facts;
}

void TraceFacts::add(const TraceFacts& later) {
    for (const Fact& fact : later.facts_) {
        bool known = std::any_of(facts_.begin(), facts_.end(),
                                 [&](const Fact& one) { return one.field == fact.field; });
        if (!known) {
            facts_.push_back(fact);
        }
    }
}

void TraceFacts::fill(AuditRecord& record) const {
    for (const Fact& fact : facts_) {
        bool list = field_row(fact.field).type == FieldType::kTextList;
        if (record.has(fact.field)) {
            continue;
        }
        list ? record.set_json(fact.field, fact.text) : record.set_text(fact.field, fact.text);
    }
}

}  // namespace llmtrail::langfuse
