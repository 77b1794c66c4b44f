// What every entry of Kong's logging plugins holds.
#include <string>

#include "parsers/endpoint.h"
#include "parsers/exchange_parts.h"
#include "parsers/kong_parts.h"

namespace llmtrail::kong {

namespace {

// The gateway's own address stands in the URL, not the model's: only the path is the record's.
void read_url(const BodyPlace& place, JsonMember member) {
    std::string_view url = member.value.text();
    std::string_view path = url.substr(0, url.find_first_of("?#"));
    if (size_t scheme = path.find("://"); scheme != std::string_view::npos) {
        place.keep(member.key, member.value);
        size_t slash = path.find('/', scheme + 3);
        path = path.substr(std::min(slash, path.size()));
    }
    fill_text(place.record(), Field::kUrlPath, path);
    read_url_query(url, place.scratch().unmapped);
    if (!member.value.is_string()) {
        place.keep(member.key, member.value);
    }
}

void read_request(const BodyPlace& place, JsonValue request) {
    static constexpr MemberField kMembers[] = {
        {"id", Field::kHttpRequestId},
        {"method", Field::kHttpRequestMethod},
    };
    for (JsonMember member : request.members()) {
        if (member.key == "uri" || member.key == "url") {
            read_url(place, member);
        } else if (member.key == "headers") {
            read_request_headers(member.value, place.below("headers").path(), place.scratch(),
                                 place.record());
        } else if (!place.fill_member(kMembers, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
}

void read_response(const BodyPlace& place, JsonValue response) {
    for (JsonMember member : response.members()) {
        if (member.key == "status") {
            place.fill_or_keep(Field::kHttpResponseStatusCode, member.key, member.value);
        } else if (member.key == "headers") {
            std::string_view date;
            std::string path = place.below("headers").path();
            read_response_headers(member.value, path, place.scratch(), place.record(), date);
            place.scratch().unmapped.add_text(path + ".date", date);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!response.is_object()) {
        place.keep(response);
    }
}

// The operator's own id of the user stands in custom_id; Kong's id is one of its database.
void read_consumer(const BodyPlace& place, JsonValue consumer) {
    AuditRecord& record = place.record();
    fill(record, Field::kUserId, consumer["custom_id"]);
    fill(record, Field::kUserId, consumer["id"]);
    for (JsonMember member : consumer.members()) {
        bool id = member.key == "custom_id" || member.key == "id";
        if (id) {
            place.fill_or_keep(Field::kUserId, member.key, member.value);
        } else if (member.key == "username") {
            place.fill_or_keep(Field::kUserName, member.key, member.value);
        } else if (member.key == "tags") {
            place.fill_or_keep(Field::kTags, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    std::string_view name = record.text(Field::kUserName);
    if (name.find('@') != std::string_view::npos) {
        fill_text(record, Field::kUserEmail, std::string(name));
    }
    if (!consumer.is_object()) {
        place.keep(consumer);
    }
}

void read_groups(const BodyPlace& place, JsonValue groups) {
    constexpr size_t kGroupsMax = 64;
    size_t index = 0;
    for (JsonValue group : groups.items()) {
        BodyPlace here = place.below(index);
        JsonValue name = group["name"];
        if (index++ < kGroupsMax && name.is_string()) {
            place.record().append_to_list(Field::kUserRoles, name.text());
            here.keep_others(group, {"name"});
        } else {
            here.keep(group);
        }
    }
    if (!groups.is_array()) {
        place.keep(groups);
    }
}

// The last try is the one that answered, or the last that failed.
void read_tries(const BodyPlace& place, JsonValue tries) {
    AuditRecord& record = place.record();
    JsonValue last;
    for (JsonValue one : tries.items()) {
        last = one;
    }
    fill(record, Field::kServerAddress, last["ip"]);
    fill(record, Field::kServerPort, last["port"]);
    if (tries.is_array() && tries.size() > 1) {
        fill_integer(record, Field::kHttpRequestResendCount,
                     static_cast<int64_t>(tries.size()) - 1);
    }
    place.keep(tries);
}

void read_latencies(const BodyPlace& place, JsonValue latencies, bool of_call) {
    for (JsonMember member : latencies.members()) {
        if (member.key == "request" && of_call) {
            fill_milliseconds(place, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
}

}  // namespace

void read_envelope(const BodyPlace& place, JsonValue entry, bool of_call) {
    for (JsonMember member : entry.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        if (key == "request") {
            read_request(here, member.value);
        } else if (key == "response") {
            read_response(here, member.value);
        } else if (key == "client_ip") {
            place.fill_or_keep(Field::kClientIp, key, member.value);
        } else if (key == "consumer") {
            read_consumer(here, member.value);
        } else if (key == "consumer_groups") {
            read_groups(here, member.value);
        } else if (key == "authenticated_entity" && member.value["id"].is_string()) {
            here.fill_or_keep(Field::kApiKeyId, "id", member.value["id"]);
            here.keep_others(member.value, {"id"});
        } else if (key == "latencies") {
            read_latencies(here, member.value, of_call);
        } else if (key == "tries") {
            read_tries(here, member.value);
        } else if (key != "ai" && key != "started_at") {
            here.keep(member.value);
        }
    }
}

}  // namespace llmtrail::kong
