// The members of Langfuse's observations and traces, as data: which fill a field, which are held
// until all are known. For langfuse_record.cpp. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "json_tree/json_tree.h"
#include "parsers/name_map.h"
#include "record/field_catalog.h"

namespace llmtrail::langfuse {

enum class Held : uint8_t {
    kField,  // none: row.field takes it
    kType,
    kName,
    kStart,
    kEnd,
    kFirstToken,
    kLatency,      // seconds
    kTimeToFirst,  // seconds
    kModel,
    kParameters,
    kInput,
    kOutput,
    kMetadata,
    kUsage,
    kUsageDetails,
    kCostDetails,
    kTotalCost,
    kInputUsage,
    kOutputUsage,
    kTotalUsage,
    kLevel,
    kStatusMessage,
    kTags,
    kToolDefinitions,
    kToolNames,
    kVersion,   // of what is traced, where no one says that of the application
    kChildren,  // of a trace: records of their own
    kCount,
};

struct MemberMeaning {
    Held held = Held::kField;
    Field field = Field::kUnmapped;
};

struct MemberRow {
    std::string_view names;  // normalised, one space between two
    MemberMeaning meaning;
};

// clang-format off
inline constexpr auto kMemberRows = std::to_array<MemberRow>({
    {"traceid", {Held::kField, Field::kTraceId}},
    {"parentobservationid", {Held::kField, Field::kParentId}},
    {"userid", {Held::kField, Field::kUserId}},
    {"sessionid", {Held::kField, Field::kGenAiConversationId}},
    {"environment", {Held::kField, Field::kDeploymentEnvironmentName}},
    {"release", {Held::kField, Field::kServiceVersion}},
    {"promptname", {Held::kField, Field::kGenAiPromptName}},
    {"type", {Held::kType}},
    {"name", {Held::kName}},
    {"starttime timestamp", {Held::kStart}},
    {"endtime", {Held::kEnd}},
    {"completionstarttime", {Held::kFirstToken}},
    {"latency", {Held::kLatency}},
    {"timetofirsttoken", {Held::kTimeToFirst}},
    {"model providedmodelname", {Held::kModel}},
    {"modelparameters", {Held::kParameters}},
    {"input", {Held::kInput}},
    {"output", {Held::kOutput}},
    {"metadata", {Held::kMetadata}},
    {"usage", {Held::kUsage}},
    {"usagedetails", {Held::kUsageDetails}},
    {"costdetails", {Held::kCostDetails}},
    {"totalcost", {Held::kTotalCost}},
    {"inputusage", {Held::kInputUsage}},
    {"outputusage", {Held::kOutputUsage}},
    {"totalusage", {Held::kTotalUsage}},
    {"level", {Held::kLevel}},
    {"statusmessage", {Held::kStatusMessage}},
    {"tags", {Held::kTags}},
    {"tooldefinitions", {Held::kToolDefinitions}},
    {"toolcallnames", {Held::kToolNames}},
    {"version", {Held::kVersion}},
    {"observations scores corrections", {Held::kChildren}},
});
// clang-format on

inline constexpr auto kMemberMap = name_map_of<256>(kMemberRows);
static_assert(kMemberMap.is_sound());

class HeldMembers {
 public:
    // False: held already.
    bool hold(Held held, const JsonMember& member) {
        JsonMember& place = members_[static_cast<size_t>(held)];
        bool free = !place.value.exists();
        place = free ? member : place;
        return free;
    }

    const JsonMember& operator[](Held held) const { return members_[static_cast<size_t>(held)]; }

    JsonValue value(Held held) const { return (*this)[held].value; }

 private:
    std::array<JsonMember, static_cast<size_t>(Held::kCount)> members_{};
};

}  // namespace llmtrail::langfuse
