#include "parsers/anthropic_activity.h"

#include <algorithm>
#include <string>

#include "bodies/body_place.h"
#include "parsers/anthropic_activity_type.h"
#include "parsers/endpoint.h"
#include "parsers/repeated.h"
#include "parsers/setting_change.h"
#include "parsers/time_value.h"

namespace llmtrail {

namespace {

using anthropic_activity::Activity;
using anthropic_activity::activity_of;

// An entry's updates give a record each, up to so many; what they have in common is repeated unless
// it is no name but a text that would make them large.
constexpr size_t kUpdatesMax = 256;

constexpr MemberField kMembers[] = {
    {"id", Field::kRecordNativeId},
    {"type", Field::kEventAction},
    {"organization_id", Field::kOrganizationId},
    {"claude_chat_id", Field::kGenAiConversationId},
    {"request_id", Field::kHttpRequestId},
    {"request_method", Field::kHttpRequestMethod},
    {"status_code", Field::kHttpResponseStatusCode},
};

constexpr MemberField kActorMembers[] = {
    {"user_id", Field::kUserId},
    {"email_address", Field::kUserEmail},
    {"unauthenticated_email_address", Field::kUserEmail},
    {"name", Field::kUserName},
    {"api_key_id", Field::kApiKeyId},
    {"admin_api_key_id", Field::kApiKeyId},
    {"ip_address", Field::kClientIp},
    {"user_agent", Field::kUserAgentOriginal},
};

std::string_view user_type_of(std::string_view actor) {
    if (actor == "user_actor") {
        return "human";
    }
    if (actor == "api_actor" || actor == "admin_api_key_actor") {
        return "api_key";
    }
    return actor == "scim_directory_sync_actor" ? "service" : std::string_view();
}

bool is_activity(JsonValue value) {
    return value["actor"]["type"].text().ends_with("_actor") && value["type"].is_string() &&
           value["created_at"].is_string() && value["id"].is_string();
}

JsonValue first_of_page(JsonValue document) {
    auto items = document["data"].items();
    bool page = document["data"].is_array() && items.begin() != items.end();
    return page ? *items.begin() : JsonValue();
}

void read_actor(JsonValue actor, const BodyPlace& place) {
    std::string_view type = user_type_of(actor["type"].text());
    fill_text(place.record(), Field::kUserType, type);
    for (auto [key, value] : actor.members()) {
        bool told = key == "type" && !type.empty();
        if (!told && !place.fill_member(kActorMembers, key, value)) {
            place.keep(key, value);
        }
    }
}

// "claude_artifact_id" of "claude_artifact_sharing".
bool is_id_of(std::string_view key, std::string_view thing) {
    return key.ends_with("_id") && thing.starts_with(key.substr(0, key.size() - 3));
}

// "claude_project_name" of "claude_project", or "filename" of a file.
bool is_name_of(std::string_view key, std::string_view thing) {
    return (key == "filename" && thing.ends_with("_file")) ||
           (key.ends_with("_name") && key.substr(0, key.size() - 5) == thing);
}

constexpr std::string_view kRoleId = "role_id";

// The member that names the changed thing: its own id, else whom a role or a membership was given
// to or taken from, else the role.
std::string_view resource_key(JsonValue entry, std::string_view thing) {
    for (auto [key, value] : entry.members()) {
        if (is_id_of(key, thing) && key != kRoleId && value.is_string()) {
            return key;
        }
    }
    for (std::string_view whom : {"target_user_id", "principal_id"}) {
        if (entry[whom].is_string()) {
            return whom;
        }
    }
    return is_id_of(kRoleId, thing) ? kRoleId : std::string_view();
}

std::string_view name_in(JsonValue entry, std::string_view thing) {
    for (auto [key, value] : entry.members()) {
        if (is_name_of(key, thing) && value.is_string()) {
            return value.text();
        }
    }
    return {};
}

bool starts_a_pair(std::string_view key, std::string_view& name) {
    for (std::string_view prefix : {"previous_", "old_", "current_", "new_"}) {
        if (key.starts_with(prefix)) {
            name = key.substr(prefix.size());
            return true;
        }
    }
    return false;
}

void keep_from(JsonValue items, size_t from, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue item : items.items()) {
        if (index >= from) {
            place.below(index).keep(item);
        }
        ++index;
    }
}

class AnthropicActivityParser final : public Parser {
 public:
    std::string_view name() const override { return "anthropic_activity"; }

    std::string_view describes() const override {
        return "Activity Feed of Anthropic's Compliance API";
    }

    std::span<const std::string_view> keys() const override {
        static constexpr std::string_view kKeys[] = {"actor", "data"};
        return kKeys;
    }

    bool recognizes(JsonValue document) const override {
        return is_activity(document) || is_activity(first_of_page(document));
    }

    void parse(JsonValue document, const ParseContext& context, RecordSink& sink) override;

 private:
    struct Page {
        JsonValue document;  // absent: the activity stands alone
        size_t index = 0;
    };

    void activity(JsonValue entry, const Page& page, const ParseContext& context, RecordSink& sink);
    void record_of(JsonValue entry, JsonValue change, const BodyPlace& place,
                   const ParseContext& context);
    void next_record_of(JsonValue entry, JsonValue change, size_t index, const BodyPlace& place,
                        const ParseContext& context);
    Activity begin(JsonValue entry, AuditRecord& record);
    void member(JsonValue entry, JsonMember member, const Activity& activity,
                const BodyPlace& place);
    void setting(JsonMember member, const Activity& activity, const BodyPlace& place);
    void update(JsonValue update, const BodyPlace& place);

    BodyScratch scratch_;
};

// {type, current_value, previous_value}
void AnthropicActivityParser::update(JsonValue update, const BodyPlace& place) {
    AuditRecord& record = place.record();
    std::string_view name = update["type"].text();
    for (auto [key, value] : update.members()) {
        bool placed = value.is_null();
        if (key == "type") {
            placed = fill(record, Field::kConfigSetting, value);
        } else if (key == "previous_value") {
            placed = placed || set_config_value(record, Field::kConfigOldValue, name, value);
        } else if (key == "current_value") {
            placed = placed || set_config_value(record, Field::kConfigNewValue, name, value);
        }
        if (!placed) {
            place.keep(key, value);
        }
    }
    if (!update.is_object()) {
        place.keep(update);
    }
}

// What an entry tells of a changed thing beside its id: the first such member is the setting.
void AnthropicActivityParser::setting(JsonMember member, const Activity& activity,
                                      const BodyPlace& place) {
    auto [key, value] = member;
    AuditRecord& record = place.record();
    std::string_view name = key;
    bool pair = starts_a_pair(key, name);
    bool before =
        pair ? key.starts_with("previous_") || key.starts_with("old_") : activity.takes_away;
    Field field = before ? Field::kConfigOldValue : Field::kConfigNewValue;
    bool mine = !record.has(Field::kConfigSetting) || record.text(Field::kConfigSetting) == name;
    if (mine && !record.has(field) && set_config_value(record, field, name, value)) {
        fill_text(record, Field::kConfigSetting, name);
    } else {
        place.keep(key, value);
    }
}

void AnthropicActivityParser::member(JsonValue entry, JsonMember member, const Activity& activity,
                                     const BodyPlace& place) {
    auto [key, value] = member;
    AuditRecord& record = place.record();
    bool config = activity.kind == "config_change";
    if (config && key == activity.thing_key && fill(record, Field::kConfigResourceId, value)) {
        return;
    }
    if (place.fill_member(kMembers, key, value)) {
        return;
    }
    if (key == "url" && value.is_string()) {
        set_endpoint(record, value.text());
        place.keep(key, value);  // with its query
    } else if (!config && key.ends_with("_id") && value.is_string() && key != "workspace_id") {
        DataSource source;
        source.type = key.substr(0, key.size() - 3);
        source.id = value.text();
        if (activity.thing == source.type || activity.thing.ends_with("_access")) {
            source.action = activity.word;
            source.name = name_in(entry, source.type);
        }
        add_data_source(place.scratch(), source);
    } else if (!config && is_name_of(key, activity.thing) &&
               entry[std::string(activity.thing) + "_id"].is_string()) {
        return;  // with the id
    } else if (config && key != "organization_uuid" &&
               (!key.ends_with("_id") || (key == kRoleId && key != activity.thing_key))) {
        setting(member, activity, place);
    } else {
        place.keep(key, value);
    }
}

Activity AnthropicActivityParser::begin(JsonValue entry, AuditRecord& record) {
    Activity activity = activity_of(entry["type"].text());
    fill_text(record, Field::kEventKind, activity.kind);
    fill_text(record, Field::kEventOutcome, activity.outcome);
    fill_text(record, Field::kGenAiProviderName, "anthropic");
    if (activity.kind == "config_change") {
        fill_text(record, Field::kConfigResourceType, activity.thing);
    }
    return activity;
}

void AnthropicActivityParser::record_of(JsonValue entry, JsonValue change, const BodyPlace& place,
                                        const ParseContext& context) {
    AuditRecord& record = place.record();
    Activity activity = begin(entry, record);
    activity.thing_key = resource_key(entry, activity.thing);
    BodyPlace updates = place.below("updates");
    if (change.exists()) {
        update(change, updates.below(size_t{0}));
    }
    for (JsonMember one : entry.members()) {
        auto [key, value] = one;
        if (value.is_null() || (key == "updates" && change.exists())) {
            continue;
        }
        if (key == "actor" && value.is_object()) {
            read_actor(value, place.below(key));
        } else if (key != "created_at" || record.has(Field::kEventTime) ||
                   !set_event_time(record, value, context)) {
            member(entry, one, activity, place);
        }
    }
}

// Who, what and when again, for a further update.
void AnthropicActivityParser::next_record_of(JsonValue entry, JsonValue change, size_t index,
                                             const BodyPlace& place, const ParseContext& context) {
    AuditRecord& record = place.record();
    begin(entry, record);
    BodyPlace updates = place.below("updates");
    update(change, updates.below(index));
    set_event_time(record, entry["created_at"], context);
    fill_text(record, Field::kUserType, user_type_of(entry["actor"]["type"].text()));
    auto repeat = [&](std::span<const MemberField> table, JsonValue object) {
        for (const MemberField& row : table) {
            JsonValue value = object[row.key];
            if (value.text().size() <= kRepeatedBytesMax) {
                fill(record, row.field, value);
            }
        }
    };
    repeat(kMembers, entry);
    repeat(kActorMembers, entry["actor"]);
}

void AnthropicActivityParser::activity(JsonValue entry, const Page& page,
                                       const ParseContext& context, RecordSink& sink) {
    JsonValue updates = entry["updates"];
    bool several = updates.is_array() && updates.size() > 0;
    auto items = updates.items();
    auto next = items.begin();
    size_t count = several ? std::min(updates.size(), kUpdatesMax) : 1;
    for (size_t index = 0; index < count; ++index) {
        AuditRecord& record = sink.begin();
        scratch_.clear();
        BodyPlace place("", scratch_, record);
        BodyPlace data = place.below("data");
        BodyPlace here = page.document.exists() ? data.below(page.index) : place;
        if (index == 0) {
            record_of(entry, several ? *next : JsonValue(), here, context);
            keep_from(updates, kUpdatesMax, here.below("updates"));
        } else {
            next_record_of(entry, *next, index, here, context);
        }
        if (page.document.exists() && page.index == 0 && index == 0) {
            place.keep_others(page.document, {"data"});
        }
        store_messages(scratch_, record);
        scratch_.unmapped.store(record);
        sink.commit();
        if (several) {
            ++next;
        }
    }
}

void AnthropicActivityParser::parse(JsonValue document, const ParseContext& context,
                                    RecordSink& sink) {
    if (is_activity(document)) {
        activity(document, {}, context, sink);
        return;
    }
    size_t index = 0;
    for (JsonValue entry : document["data"].items()) {
        activity(entry, {document, index++}, context, sink);
    }
}

}  // namespace

std::unique_ptr<Parser> make_anthropic_activity_parser() {
    return std::make_unique<AnthropicActivityParser>();
}

}  // namespace llmtrail
