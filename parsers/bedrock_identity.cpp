#include "parsers/bedrock_identity.h"

#include <algorithm>

namespace llmtrail {

namespace {

constexpr std::string_view kAssumedRole = "assumed-role/";
constexpr std::string_view kFederatedUser = "federated-user/";
constexpr std::string_view kUser = "user/";
constexpr std::string_view kRole = "role/";
constexpr std::string_view kApiKeyUser = "BedrockAPIKey-";  // made with each Bedrock API key
constexpr std::string_view kSsoRole = "AWSReservedSSO_";    // IAM Identity Center: people
constexpr std::string_view kServiceRole = "AWSServiceRole";

std::string_view last_segment(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

// EC2 names the session after the instance: i-0123456789abcdef0.
bool is_instance_id(std::string_view name) {
    return name.starts_with("i-") && name.size() > 2 &&
           std::all_of(name.begin() + 2, name.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string_view session_type(std::string_view role, std::string_view session) {
    if (role.starts_with(kSsoRole) || session.find('@') != std::string_view::npos) {
        return "human";
    }
    return role.starts_with(kServiceRole) || is_instance_id(session) ? "service"
                                                                     : std::string_view();
}

}  // namespace

AwsPrincipal aws_principal_of(std::string_view arn) {
    constexpr int kColonsBeforeResource = 5;
    size_t at = 0;
    for (int i = 0; i < kColonsBeforeResource; ++i) {
        at = arn.find(':', at);
        if (at == std::string_view::npos || !arn.starts_with("arn:")) {
            return {};
        }
        ++at;
    }
    std::string_view resource = arn.substr(at);
    if (resource.starts_with(kAssumedRole)) {
        std::string_view rest = resource.substr(kAssumedRole.size());
        size_t slash = rest.find('/');
        std::string_view role = rest.substr(0, slash);
        std::string_view session =
            slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
        return {session, role, session_type(role, session)};
    }
    if (resource.starts_with(kUser)) {
        std::string_view name = last_segment(resource);
        return {name, {}, name.starts_with(kApiKeyUser) ? "api_key" : ""};
    }
    if (resource.starts_with(kFederatedUser)) {
        return {last_segment(resource), {}, "human"};
    }
    if (resource.starts_with(kRole)) {
        return {last_segment(resource), last_segment(resource), ""};
    }
    return resource == "root" ? AwsPrincipal{"root", {}, "human"} : AwsPrincipal{};
}

}  // namespace llmtrail
