#include "parsers/langfuse_rows.h"

#include <algorithm>
#include <array>
#include <string>

#include "parsers/common_names.h"
#include "parsers/event_words.h"
#include "parsers/framework_scores.h"
#include "parsers/name_map.h"
#include "parsers/setting_change.h"
#include "parsers/time_value.h"

namespace llmtrail::langfuse {

namespace {

constexpr std::string_view kSources[] = {"ANNOTATION", "API", "EVAL"};
constexpr std::string_view kDataTypes[] = {"NUMERIC", "BOOLEAN", "CATEGORICAL", "CORRECTION",
                                           "TEXT"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

enum Part : size_t {
    kId,
    kName,
    kValue,
    kText,
    kLongText,
    kSource,
    kDataType,
    kComment,
    kTrace,
    kObservation,
    kSession,
    kAuthor,
    kTime,
    kCreated,
    kEnvironment,
    kMetadata,
    // of audit rows
    kType,
    kUser,
    kApiKey,
    kOrganization,
    kOrganizationRole,
    kProjectRole,
    kResourceType,
    kResource,
    kAction,
    kBefore,
    kAfter,
    kParts,
};

struct PartNames {
    std::string_view names;
    Part meaning;
};

constexpr auto kScoreNames = std::to_array<PartNames>({
    {"id", kId},
    {"name", kName},
    {"value", kValue},
    {"stringvalue", kText},
    {"longstringvalue", kLongText},
    {"source", kSource},
    {"datatype", kDataType},
    {"comment", kComment},
    {"traceid", kTrace},
    {"observationid", kObservation},
    {"sessionid", kSession},
    {"authoruserid", kAuthor},
    {"timestamp", kTime},
    {"createdat", kCreated},
    {"environment", kEnvironment},
    {"metadata", kMetadata},
});

constexpr auto kAuditNames = std::to_array<PartNames>({
    {"id", kId},
    {"createdat", kCreated},
    {"type", kType},
    {"userid", kUser},
    {"apikeyid", kApiKey},
    {"orgid", kOrganization},
    {"userorgrole orgrole", kOrganizationRole},
    {"userprojectrole projectrole", kProjectRole},
    {"resourcetype", kResourceType},
    {"resourceid", kResource},
    {"action", kAction},
    {"before", kBefore},
    {"after", kAfter},
});

constexpr auto kScoreMap = name_map_of<128>(kScoreNames);
constexpr auto kAuditMap = name_map_of<64>(kAuditNames);
static_assert(kScoreMap.is_sound() && kAuditMap.is_sound());

class Row {
 public:
    template <typename Map>
    Row(JsonValue object, const Map& map, const BodyPlace& place) : place_(place) {
        for (JsonMember member : object.members()) {
            const Part* part = map.find(NormalizedKey(member.key));
            if (part != nullptr && !parts_[*part].value.exists()) {
                parts_[*part] = member;
            } else {
                place.keep(member.key, member.value);
            }
        }
    }

    JsonValue operator[](Part part) const { return parts_[part].value; }

    std::string_view key(Part part) const { return parts_[part].key; }

    void fill_or_keep(Field field, Part part) const {
        place_.fill_or_keep(field, parts_[part].key, parts_[part].value);
    }

    void keep(Part part) const { place_.keep(parts_[part].key, parts_[part].value); }

 private:
    const BodyPlace& place_;
    std::array<JsonMember, kParts> parts_{};
};

std::string_view kind_of_score(const Row& row) {
    if (row[kDataType].text() == "CORRECTION") {
        return "edit";
    }
    if (row[kSource].text() == "ANNOTATION") {
        return "feedback";
    }
    if (row[kSource].text() == "EVAL") {
        return "evaluation";
    }
    bool said = kind_by_words(row[kName].text()) == "feedback";
    return said ? "feedback" : "evaluation";
}

// The text a person put in the place of the model's.
void read_correction(const Row& row, AuditRecord& record, const ReadSpace& space) {
    JsonValue target = row[kObservation];
    fill(record, Field::kEditTargetId, target.text().empty() ? row[kTrace] : target);
    row.fill_or_keep(Field::kEditEditorId, kAuthor);
    auto at = read_time(row[kTime].exists() ? row[kTime] : row[kCreated], space.context);
    if (at) {
        record.set_time(Field::kEditTime, at->at);
    }
    for (Part part : {kLongText, kText, kValue}) {
        JsonValue text = row[part];
        if (!text.is_string() || !fill(record, Field::kEditAfterText, text)) {
            row.keep(part);
        }
    }
    row.fill_or_keep(Field::kEditReason, kComment);
}

void read_rating(const Row& row, AuditRecord& record, std::string_view kind) {
    bool feedback = kind == "feedback";
    JsonValue value = row[kValue];
    row.fill_or_keep(
        value.is_number() ? Field::kGenAiEvaluationScoreValue : Field::kGenAiEvaluationScoreLabel,
        kValue);
    row.fill_or_keep(Field::kGenAiEvaluationScoreLabel, kText);
    row.fill_or_keep(Field::kGenAiEvaluationScoreLabel, kLongText);
    if (feedback) {
        fill(record, Field::kFeedbackRating, row[kText].text().empty() ? value : row[kText]);
        row.fill_or_keep(Field::kFeedbackAuthorId, kAuthor);
        row.fill_or_keep(Field::kFeedbackComment, kComment);
    } else {
        row.fill_or_keep(Field::kReviewerId, kAuthor);
        row.fill_or_keep(Field::kGenAiEvaluationExplanation, kComment);
    }
    set_named_score(record, row[kName].text(), value.real());
}

// The setting is the one member that differs, else the whole resource.
std::string_view changed_member(JsonValue before, JsonValue after) {
    constexpr size_t kMembersMax = 256;
    std::string_view changed;
    if (!before.is_object() || !after.is_object() || after.size() > kMembersMax ||
        before.size() > kMembersMax) {
        return {};
    }
    for (JsonMember member : after.members()) {
        bool stamp = member.key == "updatedAt" || member.key == "updated_at";
        if (!stamp && before[member.key].json() != member.value.json()) {
            if (!changed.empty()) {
                return {};
            }
            changed = member.key;
        }
    }
    return changed;
}

// `given`: where the value was cut, or is no JSON, the text it was read from.
void set_either_value(AuditRecord& record, Field field, std::string_view key, JsonValue value,
                      JsonValue given) {
    bool cut = !value.exists() || value.is_null();
    if (!cut || given.is_string()) {
        fill_text(record, field, setting_text(key, cut ? given : value));
    }
}

bool is_reading(std::string_view resource, std::string_view action) {
    constexpr std::string_view kActions[] = {"read", "get", "list", "view", "export", "download"};
    return resource == "batchExport" || is_one_of(action, kActions);
}

}  // namespace

bool is_score(JsonValue row) {
    JsonValue source = row["source"];
    bool typed = is_one_of(member_of(row, "dataType").text(), kDataTypes);
    bool sourced = is_one_of(source.text(), kSources);
    bool aimed = false;
    for (std::string_view key : {"traceId", "sessionId", "observationId", "datasetRunId"}) {
        aimed = aimed || member_of(row, key).is_string();
    }
    return row["name"].is_string() && sourced && typed && aimed;
}

bool is_audit_row(JsonValue row) {
    bool roled = member_of(row, "userOrgRole").exists() ||
                 member_of(row, "userProjectRole").exists() || member_of(row, "apiKeyId").exists();
    return row.is_object() && member_of(row, "resourceType").is_string() &&
           member_of(row, "resourceId").is_string() && row["action"].is_string() && roled &&
           member_of(row, "createdAt").exists();
}

void read_score(JsonValue score, const BodyPlace& place, const ReadSpace& space) {
    AuditRecord& record = place.record();
    Row row(score, kScoreMap, place);
    std::string_view kind = kind_of_score(row);
    fill_text(record, Field::kEventKind, kind);
    fill_text(record, Field::kEventAction, kind == "edit" ? "correction" : "score");
    row.fill_or_keep(Field::kRecordNativeId, kId);
    row.fill_or_keep(Field::kTraceId, kTrace);
    row.fill_or_keep(Field::kSpanId, kObservation);
    row.fill_or_keep(Field::kGenAiConversationId, kSession);
    row.fill_or_keep(Field::kDeploymentEnvironmentName, kEnvironment);
    Part stamp = row[kTime].exists() ? kTime : kCreated;
    if (!set_event_time(record, row[stamp], space.context)) {
        row.keep(stamp);
    }
    if (stamp == kTime) {
        row.keep(kCreated);
    }
    row.keep(kSource);
    row.keep(kDataType);
    if (kind == "edit") {
        row.keep(kName);
        read_correction(row, record, space);
    } else {
        row.fill_or_keep(Field::kGenAiEvaluationName, kName);
        read_rating(row, record, kind);
    }
    JsonValue metadata = row[kMetadata];
    if (metadata.is_string()) {
        metadata = space.pool.read_container(metadata.text());
    }
    if (metadata.is_object()) {
        apply_common_names(metadata, place.below(row.key(kMetadata)).path(), {}, space.context,
                           record, place.scratch());
    } else {
        row.keep(kMetadata);
    }
}

void read_audit_row(JsonValue object, const BodyPlace& place, const ReadSpace& space) {
    AuditRecord& record = place.record();
    Row row(object, kAuditMap, place);
    bool reading = is_reading(row[kResourceType].text(), row[kAction].text());
    fill_text(record, Field::kEventKind, reading ? "access" : "config_change");
    row.fill_or_keep(Field::kEventAction, kAction);
    row.fill_or_keep(Field::kRecordNativeId, kId);
    row.fill_or_keep(Field::kUserId, kUser);
    row.fill_or_keep(Field::kApiKeyId, kApiKey);
    row.fill_or_keep(Field::kOrganizationId, kOrganization);
    for (Part role : {kOrganizationRole, kProjectRole}) {
        if (row[role].is_string() && !row[role].text().empty()) {
            record.append_to_list(Field::kUserRoles, row[role].text());
        } else {
            row.keep(role);
        }
    }
    bool by_key = row[kUser].text().empty() && !row[kApiKey].text().empty();
    fill_text(record, Field::kUserType,
              by_key                      ? "api_key"
              : row[kUser].text().empty() ? ""
                                          : "human");
    row.keep(kType);
    if (!set_event_time(record, row[kCreated], space.context)) {
        row.keep(kCreated);
    }
    row.fill_or_keep(Field::kConfigResourceType, kResourceType);
    row.fill_or_keep(Field::kConfigResourceId, kResource);
    auto parsed = [&](Part part) {
        JsonValue value = row[part];
        return value.is_string() ? space.pool.read(value.text()) : value;
    };
    JsonValue before = parsed(kBefore);
    JsonValue after = parsed(kAfter);
    std::string_view changed = changed_member(before, after);
    bool one = !changed.empty();
    fill_text(record, Field::kConfigSetting, one ? changed : row[kResourceType].text());
    set_either_value(record, Field::kConfigOldValue, changed, one ? before[changed] : before,
                     row[kBefore]);
    set_either_value(record, Field::kConfigNewValue, changed, one ? after[changed] : after,
                     row[kAfter]);
    if (one) {  // the members that stayed as they were
        place.below(row.key(kAfter)).keep_others(after, {changed});
        place.below(row.key(kBefore)).keep_others(before, {changed});
    }
}

}  // namespace llmtrail::langfuse
