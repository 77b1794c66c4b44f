// Who made a call: the forms of userIdentity.
#include <string>

#include "parsers/bedrock_identity.h"
#include "parsers/cloudtrail_parts.h"

namespace llmtrail::cloudtrail {

namespace {

// What the identity's type says of who that is; an assumed role may be anyone's, and a web
// identity a person's or a machine's.
std::string_view user_type_of(std::string_view type) {
    if (type == "Root" || type == "SAMLUser" || type == "IdentityCenterUser" ||
        type == "FederatedUser") {
        return "human";
    }
    return type == "AWSService" ? "service" : std::string_view();
}

// What comes after the ':' of AROA…:session; a user's own has none.
std::string_view session_in(std::string_view principal_id) {
    return principal_id.substr(principal_id.find(':') + 1);
}

void set_user(AuditRecord& record, JsonValue identity) {
    AwsPrincipal principal = aws_principal_of(identity["arn"].text());
    std::string_view type = identity["type"].text();
    if (!fill_text(record, Field::kUserId, principal.id)) {
        // In the order of how much each says: a person, a user, a service, an internal id.
        const std::string_view ids[] = {identity["onBehalfOf"]["userId"].text(),
                                        identity["userName"].text(), identity["invokedBy"].text(),
                                        session_in(identity["principalId"].text()),
                                        identity["accountId"].text()};
        for (std::string_view id : ids) {
            fill_text(record, Field::kUserId, id);
        }
    }
    fill_text(record, Field::kUserType, principal.type);
    fill_text(record, Field::kUserType, user_type_of(type));
    if (!principal.role.empty()) {
        record.append_to_list(Field::kUserRoles, principal.role);
    }
}

void set_email(AuditRecord& record) {
    for (Field field : {Field::kUserName, Field::kUserId}) {
        std::string name(record.text(field));
        if (name.find('@') != std::string::npos) {
            fill_text(record, Field::kUserEmail, name);
        }
    }
}

// {"sessionIssuer": {"type": "Role", "userName"}, "sourceIdentity", "attributes", …}
void read_session(const BodyPlace& place, JsonValue session) {
    AuditRecord& record = place.record();
    for (JsonMember member : session.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key == "sourceIdentity" && member.value.is_string()) {
            // Who assumed the role, as the one who gave it vouches.
            place.fill_or_keep(Field::kUserName, member.key, member.value);
        } else if (member.key == "sessionIssuer") {
            std::string_view name = member.value["userName"].text();
            bool role = member.value["type"].text() == "Role" && !name.empty();
            if (role) {
                record.append_to_list(Field::kUserRoles, name);
                here.keep_others(member.value, {"userName"});
            } else {
                here.keep(member.value);
            }
        } else {
            here.keep(member.value);
        }
    }
    if (!session.is_object()) {
        place.keep(session);
    }
}

}  // namespace

void read_user_identity(const BodyPlace& place, JsonValue identity) {
    AuditRecord& record = place.record();
    set_user(record, identity);
    for (JsonMember member : identity.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        if (key == "sessionContext") {
            read_session(here, member.value);
        } else if (key == "userName") {
            place.fill_or_keep(Field::kUserName, key, member.value);
        } else if (key == "accessKeyId" || key == "credentialId") {
            if (!fill(record, Field::kApiKeyId, member.value)) {
                here.keep(member.value);
            }
        } else if (key == "invokedBy" && member.value.text() == record.text(Field::kUserId)) {
            continue;
        } else {
            here.keep(member.value);
        }
    }
    if (record.text(Field::kUserType) == "api_key") {
        std::string key(record.text(Field::kUserId));
        fill_text(record, Field::kApiKeyId, key);
    }
    set_email(record);
    if (!identity.is_object()) {
        place.keep(identity);
    }
}

}  // namespace llmtrail::cloudtrail
