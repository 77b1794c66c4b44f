// What a sentinel output needs to know: where its data collection rule takes events, and how to
// come by a token. The pipeline fills it from the settings. Checked there: addresses are https,
// but for imds_url, which is of this host alone.
#pragma once

#include <cstdint>
#include <string>

#include "outputs/secret_reader.h"

namespace llmtrail {

enum class AzureIdentity : uint8_t {
    kManaged,       // of a virtual machine, from its metadata service
    kArc,           // of a machine outside Azure, from the Arc agent
    kClientSecret,  // of an app registration
};

struct AzureAuth {
    AzureIdentity identity = AzureIdentity::kManaged;
    std::string imds_url;   // http://HOST:PORT; kManaged, kArc
    std::string authority;  // https://HOST; kClientSecret
    std::string tenant_id;
    std::string client_id;  // kManaged: of a user-assigned identity, or empty
    SecretReader client_secret;
    std::string scope = "https://monitor.azure.com/.default";
    std::string arc_key_directory = "/var/opt/azcmagent/tokens";
};

struct SentinelPlan {
    std::string endpoint;  // https://HOST
    std::string rule_id;
    std::string stream;
    AzureAuth auth;
};

}  // namespace llmtrail
