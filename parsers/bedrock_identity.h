// Who an AWS principal is, read off its ARN. Pure; any thread.
#pragma once

#include <string_view>

namespace llmtrail {

struct AwsPrincipal {
    std::string_view id;    // session, user or role name; "" when the ARN says none
    std::string_view role;  // of an assumed role
    std::string_view type;  // human, service or api_key, where the ARN tells; else ""
};

AwsPrincipal aws_principal_of(std::string_view arn);

}  // namespace llmtrail
