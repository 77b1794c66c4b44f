#include <algorithm>
#include <array>

#include "config/choices.h"
#include "config/map_reader.h"
#include "config/section_readers.h"
#include "config/values.h"
#include "platform/network.h"

namespace llmtrail {

namespace {

constexpr size_t kNameBytesMax = 256;
constexpr std::string_view kImdsUrl = "http://169.254.169.254";
constexpr std::string_view kArcUrl = "http://127.0.0.1:40342";
constexpr std::string_view kEndpointHint =
    "the rule's logs ingestion endpoint: https://NAME.REGION-1.ingest.monitor.azure.com";
constexpr std::string_view kStreamHint =
    "stream: Custom-LlmTrail_CL, or Custom-CommonSecurityLog (conf/sentinel)";

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kNameBytesMax &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      c == '-' || c == '_' || c == '.';
           });
}

bool is_https_host(std::string_view url) {
    constexpr std::string_view kScheme = "https://";
    return url.starts_with(kScheme) && is_plain_address(url.substr(kScheme.size())) &&
           url.find('/', kScheme.size()) == std::string_view::npos;
}

// A metadata service is reached in clear, so it must be of this host: loopback or link-local.
bool is_of_this_host(std::string_view url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) {
        return false;
    }
    std::string host(url.substr(kScheme.size()));
    size_t name_end = host.rfind(']') + 1;  // of [IPv6]; npos + 1 is 0
    auto endpoint =
        parse_endpoint(host.find(':', name_end) != std::string::npos ? host : host + ":80");
    if (!endpoint) {
        return false;
    }
    std::string_view address = endpoint->host;
    bool numbers = address.find_first_not_of("0123456789.") == std::string_view::npos;
    return is_loopback(*endpoint) || (numbers && address.starts_with("169.254."));
}

void read_https_host(MapReader& reader, std::string_view key, std::string_view hint,
                     std::string& out) {
    const ConfigNode* node = reader.find_scalar(key);
    if (node == nullptr) {
        return;
    }
    out = node->scalar;
    if (!is_https_host(out)) {
        reader.problem(*node, "`" + std::string(key) + "` is no https address of a host",
                       std::string(hint));
    }
}

void read_name(MapReader& reader, std::string_view key, std::string_view hint, std::string& out) {
    const ConfigNode* node = reader.find_scalar(key);
    if (node == nullptr) {
        return;
    }
    out = node->scalar;
    if (!is_name(out)) {
        reader.problem(*node, "`" + std::string(key) + "` is no such name", std::string(hint));
    }
}

void read_identity_of_app(MapReader& reader, AzureAuthSettings& auth) {
    reader.need_scalar("tenant_id", "tenant_id: the directory (tenant) ID of the app registration");
    read_name(reader, "tenant_id", "a GUID or a domain", auth.tenant_id);
    reader.need_scalar("client_id",
                       "client_id: the application (client) ID of the app registration");
    reader.need("client_secret", "client_secret: ${cred:azure_secret}");
    reader.secret("client_secret", auth.client_secret);
    read_https_host(reader, "authority", "authority: https://login.microsoftonline.com",
                    auth.authority);
    reader.misplaced("imds_url", "a client secret is shown to `authority`");
}

void read_identity_of_host(MapReader& reader, AzureAuthSettings& auth) {
    for (std::string_view key : {"tenant_id", "client_secret", "authority"}) {
        reader.misplaced(key, "it belongs to kind: client_secret");
    }
    auth.imds_url = auth.kind == AzureAuthKind::kArc ? kArcUrl : kImdsUrl;
    reader.text("imds_url", auth.imds_url);
    while (auth.imds_url.ends_with('/')) {
        auth.imds_url.pop_back();
    }
    if (!is_of_this_host(auth.imds_url)) {
        reader.problem(*reader.find("imds_url"),
                       "`imds_url` is no http address of this host (loopback or link-local)",
                       "imds_url: " + std::string(kImdsUrl));
    }
}

void read_auth(MapReader& output_reader, AzureAuthSettings& auth, Problems& problems) {
    const ConfigNode* node = output_reader.need("auth", "auth: {kind: managed_identity}");
    if (node == nullptr) {
        return;
    }
    MapReader reader(*node, "`auth` of " + output_reader.what(), problems);
    reader.need_scalar("kind", "kind: managed_identity, arc or client_secret");
    reader.choice("kind", auth.kind, kAuthKindChoices);
    read_name(reader, "client_id", "a GUID", auth.client_id);
    if (const ConfigNode* scope = reader.find_scalar("scope"); scope != nullptr) {
        auth.scope = scope->scalar;
        if (!auth.scope.starts_with("https://") || !is_plain_address(auth.scope.substr(8))) {
            reader.problem(*scope, "`scope` is no https address",
                           "scope: https://monitor.azure.com/.default");
        }
    }
    if (auth.kind == AzureAuthKind::kClientSecret) {
        read_identity_of_app(reader, auth);
    } else {
        read_identity_of_host(reader, auth);
    }
    reader.finish();
}

}  // namespace

void read_sentinel(MapReader& reader, OutputSettings& output, Problems& problems) {
    SentinelSettings& sentinel = output.sentinel;
    reader.need_scalar("endpoint", kEndpointHint);
    read_https_host(reader, "endpoint", kEndpointHint, sentinel.endpoint);
    reader.need_scalar("rule_id", "rule_id: the rule's immutable ID, dcr-...");
    read_name(reader, "rule_id", "the rule's immutable ID: dcr-...", sentinel.rule_id);
    const ConfigNode* stream = reader.need_scalar("stream", kStreamHint);
    read_name(reader, "stream", kStreamHint, sentinel.stream);
    if (stream != nullptr && !sentinel.stream.starts_with("Custom-") &&
        !sentinel.stream.starts_with("Microsoft-")) {
        reader.problem(*stream, "`stream` begins with Custom- or Microsoft-",
                       std::string(kStreamHint));
    }
    read_auth(reader, sentinel.auth, problems);
    uint64_t batch = sentinel.batch_bytes_max;
    reader.size("max_batch", batch, kBatchBytesLeast, kIngestBytesMost);
    sentinel.batch_bytes_max = batch;
    if (output.max_event_bytes >= kIngestBytesMost) {
        reader.problem_here("`max_event` is more than Azure takes in one call", "max_event: 64KiB");
    }
    reader.misplaced("format", "the columns are those of the `stream`");
}

}  // namespace llmtrail
