#include "parsers/azure_activity.h"

#include <algorithm>

#include "bodies/openai.h"
#include "bodies/secret_names.h"
#include "parsers/azure_facts.h"
#include "parsers/azure_settings.h"

namespace llmtrail {

namespace {

enum class Claim : uint8_t { kOther, kName, kId, kEmail, kAddress, kRoles, kTenant, kIdType };

struct ClaimRow {
    std::string_view name;
    Claim claim;
};

// By the last part of a claim's name: some are URIs.
constexpr auto kClaims = std::to_array<ClaimRow>({
    {"name", Claim::kName},
    {"objectidentifier", Claim::kId},
    {"oid", Claim::kId},
    {"upn", Claim::kEmail},
    {"email", Claim::kEmail},
    {"emailaddress", Claim::kEmail},
    {"ipaddr", Claim::kAddress},
    {"role", Claim::kRoles},
    {"roles", Claim::kRoles},
    {"tenantid", Claim::kTenant},
    {"tid", Claim::kTenant},
    {"idtyp", Claim::kIdType},
});

Claim claim_of(std::string_view key) {
    std::string_view last = key.substr(key.rfind('/') + 1);
    const auto* row = std::find_if(kClaims.begin(), kClaims.end(),
                                   [&](const ClaimRow& one) { return one.name == last; });
    if (row == kClaims.end()) {
        return Claim::kOther;
    }
    // "name" is what a person is called, "http://…/claims/name" how they sign in.
    return row->claim == Claim::kName && last.size() != key.size() ? Claim::kEmail : row->claim;
}

bool is_email(std::string_view text) {
    return text.find('@') != std::string_view::npos;
}

// A text holds one role, or several with commas between.
bool add_roles(AuditRecord& record, JsonValue value) {
    for (JsonValue item : value.items()) {
        if (!item.is_string()) {
            return false;
        }
    }
    for (JsonValue item : value.items()) {
        record.append_to_list(Field::kUserRoles, item.text());
    }
    std::string_view rest = value.text();
    while (!rest.empty()) {
        size_t end = std::min(rest.find(','), rest.size());
        if (end > 0) {
            record.append_to_list(Field::kUserRoles, rest.substr(0, end));
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return value.is_string() || value.is_array();
}

struct StatusRow {
    std::string_view name;
    int64_t code;
};

// Names of .NET's HttpStatusCode.
constexpr auto kStatusCodes = std::to_array<StatusRow>({
    {"OK", 200},
    {"Created", 201},
    {"Accepted", 202},
    {"NoContent", 204},
    {"BadRequest", 400},
    {"Unauthorized", 401},
    {"Forbidden", 403},
    {"NotFound", 404},
    {"MethodNotAllowed", 405},
    {"Conflict", 409},
    {"PreconditionFailed", 412},
    {"TooManyRequests", 429},
    {"InternalServerError", 500},
    {"BadGateway", 502},
    {"ServiceUnavailable", 503},
    {"GatewayTimeout", 504},
});

// "Microsoft.CognitiveServices/accounts/deployments/write": what kind of thing, and what was done.
struct Operation {
    std::string_view type;
    std::string_view verb;  // "write", "listKeys/action"
};

Operation operation_of(std::string_view name) {
    size_t slash = name.rfind('/');
    if (slash == std::string_view::npos) {
        return {};
    }
    if (same_letters(name.substr(slash), "/action")) {
        slash = slash == 0 ? 0 : name.rfind('/', slash - 1);
        if (slash == std::string_view::npos) {
            return {};
        }
    }
    return {name.substr(0, slash), name.substr(slash + 1)};
}

bool is_written(std::string_view verb) {
    return same_letters(verb, "write") || same_letters(verb, "delete");
}

}  // namespace

// Log Analytics keeps objects as text.
JsonValue AzureActivityReader::opened(JsonValue value, JsonTree& tree) {
    if (!value.is_string()) {
        return value;
    }
    auto read = tree.read(value.text(), false);
    return read && read->is_object() ? *read : JsonValue();
}

void AzureActivityReader::claims(JsonValue claims, const BodyPlace& place) {
    AuditRecord& record = place.record();
    for (JsonMember claim : claims.members()) {
        std::string_view text = claim.value.text();
        bool placed = false;
        switch (claim_of(claim.key)) {
            case Claim::kName:
                placed = fill_text(record, Field::kUserName, text);
                break;
            case Claim::kId:
                placed = fill_text(record, Field::kUserId, text);
                break;
            case Claim::kEmail:
                placed = is_email(text) && fill_text(record, Field::kUserEmail, text);
                break;
            case Claim::kAddress:
                placed = fill_text(record, Field::kClientIp, text);
                break;
            case Claim::kRoles:
                placed = add_roles(record, claim.value);
                break;
            case Claim::kTenant:
                placed = fill_text(record, Field::kOrganizationId, text);
                break;
            case Claim::kIdType:
                placed = text == "app"    ? fill_text(record, Field::kUserType, "service")
                         : text == "user" ? fill_text(record, Field::kUserType, "human")
                                          : false;
                break;
            case Claim::kOther:
                break;
        }
        if (!placed) {
            place.keep(claim.key, claim.value);
        }
    }
}

void AzureActivityReader::authorization(JsonValue authorization, const BodyPlace& place) {
    AuditRecord& record = place.record();
    for (JsonMember member : authorization.members()) {
        std::string_view text = member.value.text();
        if (member.key == "role" && !text.empty()) {
            record.append_to_list(Field::kUserRoles, text);
        } else if (member.key == "evidence" && member.value.is_object()) {
            this->authorization(member.value, place.below(member.key));
        } else if (member.key == "principalType" &&
                   (text == "User" || text == "ServicePrincipal")) {
            std::string_view type = text == "User" ? "human" : "service";
            if (!fill_text(record, Field::kUserType, type)) {
                place.keep(member.key, member.value);
            }
        } else if (member.key != "action" ||
                   !same_letters(text, record.text(Field::kEventAction))) {
            place.keep(member.key, member.value);
        }
    }
}

void AzureActivityReader::caller(AzureMembers& members, bool claims_given) {
    AuditRecord& record = members.record();
    JsonMember caller = members.take(AzureSlot::kCaller);
    std::string_view text = caller.value.text();
    bool email = is_email(text);
    bool placed = email && fill_text(record, Field::kUserEmail, text);
    if (!record.has(Field::kUserId) || record.text(Field::kUserId) == text) {
        placed = fill_text(record, Field::kUserId, text) || placed;
    }
    if (!placed) {
        members.keep(AzureSlot::kCaller);
    }
    if (email || record.has(Field::kUserEmail)) {
        fill_text(record, Field::kUserType, "human");
    } else if (!text.empty() && claims_given && !record.has(Field::kUserName)) {
        fill_text(record, Field::kUserType, "service");  // a token of a service holds no name
    }
}

void AzureActivityReader::identity(AzureMembers& members) {
    JsonMember around = members.take(AzureSlot::kIdentity);
    BodyPlace around_place = members.place_of(AzureSlot::kIdentity).below(around.key);
    JsonMember claims = members.take(AzureSlot::kClaims);
    BodyPlace claims_place = members.place_of(AzureSlot::kClaims).below(claims.key);
    JsonValue given = opened(claims.value, claims_tree_);
    if (given.is_object()) {
        this->claims(given, claims_place);
    } else {
        members.keep(AzureSlot::kClaims);
    }
    JsonMember rights = members.take(AzureSlot::kAuthorization);
    BodyPlace rights_place = members.place_of(AzureSlot::kAuthorization).below(rights.key);
    JsonValue rights_given = opened(rights.value, authorization_tree_);
    if (rights_given.is_object()) {
        authorization(rights_given, rights_place);
    } else {
        members.keep(AzureSlot::kAuthorization);
    }
    bool claimed = given.is_object();
    for (JsonMember member : around.value.members()) {
        BodyPlace here = around_place.below(member.key);
        if (member.key == "claims" && member.value.is_object()) {
            this->claims(member.value, here);
            claimed = true;
        } else if (member.key == "authorization" && member.value.is_object()) {
            authorization(member.value, here);
        } else {
            here.keep(member.value);
        }
    }
    if (!around.value.is_object()) {
        members.keep(AzureSlot::kIdentity);
    }
    caller(members, claimed);
}

void AzureActivityReader::http_request(AzureMembers& members) {
    static constexpr MemberField kFields[] = {
        {"clientIpAddress", Field::kClientIp},
        {"method", Field::kHttpRequestMethod},
    };
    JsonMember request = members.take(AzureSlot::kHttpRequest);
    JsonValue value = opened(request.value, http_tree_);
    if (!value.is_object()) {
        members.keep(AzureSlot::kHttpRequest);
        return;
    }
    BodyPlace here = members.place_of(AzureSlot::kHttpRequest).below(request.key);
    for (JsonMember member : value.members()) {
        if (!here.fill_member(kFields, member.key, member.value)) {
            here.keep(member.key, member.value);
        }
    }
}

// {"error": {"code", "message"}} in a text.
void AzureActivityReader::status(AzureMembers& members) {
    AuditRecord& record = members.record();
    JsonMember code = members.take(AzureSlot::kStatusCode);
    std::string_view name = code.value.text();
    const auto* row = std::find_if(kStatusCodes.begin(), kStatusCodes.end(),
                                   [&](const StatusRow& one) { return one.name == name; });
    bool known = row != kStatusCodes.end() &&
                 fill_integer(record, Field::kHttpResponseStatusCode, row->code);
    if (!known) {
        members.fill_or_keep(AzureSlot::kStatusCode, Field::kHttpResponseStatusCode);
    }
    JsonMember message = members.take(AzureSlot::kStatusMessage);
    JsonValue value = opened(message.value, status_tree_);
    JsonValue error = value["error"].is_object() ? value["error"] : value;
    if (error["code"].exists() || error["message"].exists()) {
        BodyPlace here = members.place_of(AzureSlot::kStatusMessage).below(message.key);
        read_openai_error(error, here.path(), here.scratch(), record);
        if (value["error"].is_object()) {
            here.keep_others(value, {"error"});
        }
    } else if (!message.value.is_string() ||
               !fill_text(record, Field::kErrorMessage, message.value.text())) {
        members.keep(AzureSlot::kStatusMessage);
    }
}

// The body asked for, without its secrets; else the resource as it is now. `keys`: what comes back
// are keys.
void AzureActivityReader::new_value(AzureMembers& members, bool keys) {
    AuditRecord& record = members.record();
    for (AzureSlot slot : {AzureSlot::kRequestBody, AzureSlot::kResponseBody}) {
        JsonMember member = members.take(slot);
        if (keys && slot == AzureSlot::kResponseBody && member.value.exists()) {
            std::string path = members.place_of(slot).below(member.key).path();
            members.scratch().unmapped.add_text(path, kRedacted);
            continue;
        }
        JsonValue body = opened(member.value, body_tree_);
        if (!body.exists() && member.value.text().starts_with('{')) {
            auto head = body_tree_.read_head(member.value.text());
            body = head ? *head : JsonValue();
            record.append_to_list(Field::kRecordSourceLoss, "truncated");
        }
        bool wanted = body.is_object() && body.size() > 0 && !record.has(Field::kConfigNewValue);
        if (!wanted) {
            BodyPlace here = members.place_of(slot).below(member.key);
            here.keep(body.exists() ? body : member.value);
            continue;
        }
        std::string json;
        append_azure_setting(json, "", body);
        record.set_text(Field::kConfigNewValue, json);
    }
}

void AzureActivityReader::change(AzureMembers& members) {
    AuditRecord& record = members.record();
    std::string name(record.text(Field::kEventAction));
    Operation operation = operation_of(name);
    bool reads = is_azure_read(name);
    record.set_text(Field::kEventKind, reads ? "access" : "config_change");
    members.fill_or_keep(AzureSlot::kResource, Field::kConfigResourceId);
    fill_text(record, Field::kConfigResourceType, operation.type);
    if (!reads) {
        std::string_view setting = is_written(operation.verb)
                                       ? operation.type.substr(operation.type.rfind('/') + 1)
                                       : operation.verb.substr(0, operation.verb.find('/'));
        fill_text(record, Field::kConfigSetting, setting);
        new_value(members, holds_letters(operation.verb, "key"));
    }
}

void AzureActivityReader::read(AzureMembers& members, bool ai) {
    AuditRecord& record = members.record();
    identity(members);
    http_request(members);
    status(members);
    bool administrative = holds_letters(record.text(Field::kEventDataset), "administrative") ||
                          holds_letters(record.text(Field::kEventDataset), "azureactivity") ||
                          !record.has(Field::kEventDataset);
    if (ai && administrative) {
        change(members);
    } else {
        record.set_text(Field::kEventKind, "other");
    }
}

}  // namespace llmtrail
