// Cloud Audit Logs: who did what to which resource. Entries about Google's AI services are setting
// changes, reads, or calls without their text; those of other services are kept as `other`.
#include <algorithm>
#include <array>
#include <string>

#include "bodies/gemini.h"
#include "bodies/redaction.h"
#include "parsers/vertex_parts.h"

namespace llmtrail::vertex {

namespace {

struct StatusRow {
    int64_t code;
    std::string_view name;
};

// google.rpc.Code
constexpr auto kStatus = std::to_array<StatusRow>({
    {1, "CANCELLED"},
    {2, "UNKNOWN"},
    {3, "INVALID_ARGUMENT"},
    {4, "DEADLINE_EXCEEDED"},
    {5, "NOT_FOUND"},
    {6, "ALREADY_EXISTS"},
    {7, "PERMISSION_DENIED"},
    {8, "RESOURCE_EXHAUSTED"},
    {9, "FAILED_PRECONDITION"},
    {10, "ABORTED"},
    {11, "OUT_OF_RANGE"},
    {12, "UNIMPLEMENTED"},
    {13, "INTERNAL"},
    {14, "UNAVAILABLE"},
    {15, "DATA_LOSS"},
    {16, "UNAUTHENTICATED"},
});

// "projects/p/locations/l/endpoints/5" to "endpoints"; "" for a project or location, under which
// the method makes or lists something.
std::string_view collection_of(std::string_view resource) {
    size_t slash = resource.rfind('/');
    if (slash == std::string_view::npos) {
        return {};
    }
    std::string_view rest = resource.substr(0, slash);
    std::string_view collection = rest.substr(rest.rfind('/') + 1);
    bool parent = collection == "projects" || collection == "locations" ||
                  collection == "folders" || collection == "organizations";
    return parent ? std::string_view() : collection;
}

void read_who(const BodyPlace& place, JsonValue info) {
    AuditRecord& record = place.record();
    for (JsonMember member : info.members()) {
        std::string_view text = member.value.text();
        if (member.key == "principalEmail" && !text.empty()) {
            bool service = text.ends_with("gserviceaccount.com");
            fill_text(record, Field::kUserId, text);
            fill_text(record, Field::kUserType, service ? "service" : "human");
            if (!fill_text(record, Field::kUserEmail, text)) {
                place.keep(member.key, member.value);
            }
        } else if (member.key == "serviceAccountKeyName") {
            place.fill_or_keep(Field::kApiKeyId, member.key, member.value);
        } else if (member.key != "principalSubject" || text.empty()) {
            place.keep(member.key, member.value);
        }
    }
    // Federated identities and services of Google have a subject and no address.
    JsonValue subject = info["principalSubject"];
    if (!subject.text().empty() && !fill_text(record, Field::kUserId, subject.text())) {
        place.keep("principalSubject", subject);
    }
    if (!info.is_object()) {
        place.keep(info);
    }
}

void read_status(const BodyPlace& place, JsonValue status) {
    AuditRecord& record = place.record();
    auto code = status["code"].integer();
    for (JsonMember member : status.members()) {
        if (member.key == "code" && code == 0) {
            continue;
        }
        if (member.key == "code") {
            place.fill_or_keep(Field::kErrorCode, member.key, member.value);
        } else if (member.key == "message") {
            place.fill_or_keep(Field::kErrorMessage, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    for (const StatusRow& row : kStatus) {
        if (row.code == code) {
            fill_text(record, Field::kErrorType, row.name);
        }
    }
    if (code.value_or(0) != 0) {
        record.set_text(Field::kEventOutcome, "failure");
    }
    if (!status.is_object()) {
        place.keep(status);
    }
}

bool is_denied(JsonValue authorizations) {
    for (JsonValue one : authorizations.items()) {
        if (one["granted"].boolean() == false) {
            return true;
        }
    }
    return false;
}

// Does the request say more than which thing is meant?
bool has_value(JsonValue request) {
    for (JsonMember member : request.members()) {
        if (member.key != "@type" && member.key != "name" && member.key != "etag" &&
            member.key != "force") {
            return true;
        }
    }
    return false;
}

// The new value of a setting is what the request says, whole.
void read_request(const BodyPlace& place, JsonValue request, std::string_view kind) {
    AuditRecord& record = place.record();
    if (kind != "config_change" || !has_value(request)) {
        return place.keep(request);
    }
    std::string json;
    append_redacted_json(json, "request", request);
    if (!fill_text(record, Field::kConfigNewValue, json)) {
        place.keep(request);
    }
    JsonValue mask = request["updateMask"];
    fill_text(record, Field::kConfigSetting, mask.is_object() ? mask["paths"].json() : mask.text());
}

void read_resource(const BodyPlace& place, JsonValue name, std::string_view kind) {
    AuditRecord& record = place.record();
    fill_cloud(record, name.text());
    bool setting = kind == "config_change" || kind == "access";
    std::string_view model = google_model_name(name.text());
    if (!setting && kind != "other" && !model.empty()) {
        fill_text(record, Field::kGenAiRequestModel, model);
    }
    if (!setting || !fill_text(record, Field::kConfigResourceId, name.text())) {
        place.keep("resourceName", name);
    }
}

void read_caller(const BodyPlace& place, JsonValue metadata) {
    static constexpr MemberField kMembers[] = {
        {"callerIp", Field::kClientIp},
        {"callerSuppliedUserAgent", Field::kUserAgentOriginal},
    };
    for (JsonMember member : metadata.members()) {
        if (!place.fill_member(kMembers, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
    if (!metadata.is_object()) {
        place.keep(metadata);
    }
}

void read_member(const BodyPlace& place, JsonMember member, std::string_view kind) {
    std::string_view key = member.key;
    BodyPlace here = place.below(key);
    if (key == "authenticationInfo") {
        read_who(here, member.value);
    } else if (key == "requestMetadata") {
        read_caller(here, member.value);
    } else if (key == "methodName") {
        place.fill_or_keep(Field::kEventAction, key, member.value);
    } else if (key == "serviceName") {
        place.fill_or_keep(Field::kServerAddress, key, member.value);
    } else if (key == "resourceName") {
        read_resource(place, member.value, kind);
    } else if (key == "request") {
        read_request(here, member.value, kind);
    } else if (key == "status") {
        read_status(here, member.value);
    } else if (key != "@type") {
        here.keep(member.value);
    }
}

}  // namespace

bool is_audit(JsonValue payload) {
    return payload["methodName"].is_string() && payload["serviceName"].is_string();
}

void read_audit(const BodyPlace& place, JsonValue payload, JsonValue operation) {
    AuditRecord& record = place.record();
    std::string_view service = payload["serviceName"].text();
    std::string_view verb = verb_of(payload["methodName"].text());
    std::string_view kind = kind_of(service, verb);
    fill_text(record, Field::kEventKind, kind);
    if (kind == "config_change" || kind == "access") {
        fill_text(record, Field::kConfigResourceType,
                  collection_of(payload["resourceName"].text()));
        fill_text(record, Field::kConfigResourceType, object_of(verb));
    }
    if (kind == "inference" || kind == "retrieval") {
        fill_text(record, Field::kGenAiProviderName,
                  service.starts_with("generativelanguage") ? "gcp.gemini" : "gcp.vertex_ai");
        fill_text(record, Field::kGenAiOperationName, operation_of(verb, kind));
        record.append_to_list(Field::kRecordSourceLoss, "content_not_logged");
    }
    for (JsonMember member : payload.members()) {
        read_member(place, member, kind);
    }
    if (kind == "config_change") {  // of the whole resource, where no mask says of what
        fill_text(record, Field::kConfigSetting, record.text(Field::kConfigResourceType));
    }
    if (record.has(Field::kEventOutcome)) {
        return;
    }
    bool goes_on = operation["first"].boolean() == true && operation["last"].boolean() != true;
    std::string_view ended = goes_on ? "unknown" : "success";
    fill_text(record, Field::kEventOutcome,
              is_denied(payload["authorizationInfo"]) ? "failure" : ended);
}

}  // namespace llmtrail::vertex
