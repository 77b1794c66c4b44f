#include "parsers/endpoint.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace llmtrail {

namespace {

constexpr size_t kHostBytesMax = 253;

struct ProviderRow {
    std::string_view begins;
    std::string_view ends;
    std::string_view provider;
};

// Host names; the first row that fits. A whole name stands in both columns. Names of
// OpenTelemetry's gen_ai.provider.name where it has one.
constexpr auto kHosts = std::to_array<ProviderRow>({
    {"", ".openai.azure.com", "azure.ai.openai"},
    {"", ".cognitiveservices.azure.com", "azure.ai.openai"},
    {"", ".services.ai.azure.com", "azure.ai.inference"},
    {"", ".inference.ai.azure.com", "azure.ai.inference"},
    {"api.openai.com", "api.openai.com", "openai"},
    {"api.anthropic.com", "api.anthropic.com", "anthropic"},
    {"generativelanguage.googleapis.com", "generativelanguage.googleapis.com", "gcp.gemini"},
    {"aiplatform.googleapis.com", "aiplatform.googleapis.com", "gcp.vertex_ai"},
    {"aiplatform.", ".rep.googleapis.com", "gcp.vertex_ai"},
    {"", ".aiplatform.googleapis.com", "gcp.vertex_ai"},
    {"", "-aiplatform.googleapis.com", "gcp.vertex_ai"},
    {"bedrock-runtime.", ".amazonaws.com", "aws.bedrock"},
    {"bedrock-agent-runtime.", ".amazonaws.com", "aws.bedrock"},
    {"api.mistral.ai", "api.mistral.ai", "mistral_ai"},
    {"api.cohere.com", "api.cohere.com", "cohere"},
    {"api.cohere.ai", "api.cohere.ai", "cohere"},
    {"api.groq.com", "api.groq.com", "groq"},
    {"api.deepseek.com", "api.deepseek.com", "deepseek"},
    {"api.perplexity.ai", "api.perplexity.ai", "perplexity"},
    {"api.x.ai", "api.x.ai", "x_ai"},
    {"openrouter.ai", "openrouter.ai", "openrouter"},
    {"api.together.xyz", "api.together.xyz", "together"},
    {"api.fireworks.ai", "api.fireworks.ai", "fireworks"},
});

constexpr auto kPaths = std::to_array<ProviderRow>({
    {"/v1/messages", "", "anthropic"},
    {"/api/chat", "", "ollama"},
    {"/api/generate", "", "ollama"},
    {"/model/", "/converse", "aws.bedrock"},
    {"/model/", "/converse-stream", "aws.bedrock"},
    {"/model/", "/invoke", "aws.bedrock"},
    {"/model/", "/invoke-with-response-stream", "aws.bedrock"},
    {"/v1beta/models/", "", "gcp.gemini"},
    {"/v1/models/", ":generateContent", "gcp.gemini"},
    {"/v1/models/", ":streamGenerateContent", "gcp.gemini"},
    {"/v1/projects/", ":generateContent", "gcp.vertex_ai"},
    {"/v1/projects/", ":streamGenerateContent", "gcp.vertex_ai"},
    {"/v1/projects/", ":predict", "gcp.vertex_ai"},
    {"/v1/projects/", ":rawPredict", "gcp.vertex_ai"},
    {"/v1/projects/", ":streamRawPredict", "gcp.vertex_ai"},
    {"/v1beta1/projects/", "", "gcp.vertex_ai"},
    {"/v1/publishers/google/models/", "", "gcp.vertex_ai"},
    {"/openai/deployments/", "", "azure.ai.openai"},
});

template <typename Rows>
std::string_view first_that_fits(const Rows& rows, std::string_view text) {
    for (const ProviderRow& row : rows) {
        if (text.starts_with(row.begins) && text.ends_with(row.ends)) {
            return row.provider;
        }
    }
    return {};
}

bool is_host_character(char c) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

struct Authority {
    std::string_view host;
    int64_t port = 0;  // 0: not given
    bool valid = false;
};

Authority parse_authority(std::string_view text) {
    if (size_t at = text.rfind('@'); at != std::string_view::npos) {
        text.remove_prefix(at + 1);
    }
    Authority authority;
    std::string_view port;
    if (text.starts_with('[')) {
        size_t close = text.find(']');
        if (close == std::string_view::npos) {
            return authority;
        }
        authority.host = text.substr(1, close - 1);
        std::string_view allowed = "0123456789abcdefABCDEF:.%";
        authority.valid = authority.host.find_first_not_of(allowed) == std::string_view::npos;
        port = text.substr(close + 1);
    } else {
        size_t colon = std::min(text.find(':'), text.size());
        authority.host = text.substr(0, colon);
        port = text.substr(colon);
        authority.valid =
            std::all_of(authority.host.begin(), authority.host.end(), is_host_character);
    }
    authority.valid =
        authority.valid && !authority.host.empty() && authority.host.size() <= kHostBytesMax;
    if (!port.empty()) {
        const char* end = port.data() + port.size();
        auto read = std::from_chars(port.data() + 1, end, authority.port);
        authority.valid = authority.valid && port.size() > 1 && read.ec == std::errc() &&
                          read.ptr == end && authority.port > 0 && authority.port <= 65535;
    }
    return authority;
}

void set_if_absent(AuditRecord& record, Field field, std::string_view text) {
    if (!record.has(field)) {
        record.set_text(field, text);
    }
}

}  // namespace

std::string_view provider_by_host(std::string_view host) {
    std::string lower(host.substr(0, kHostBytesMax));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return first_that_fits(kHosts, lower);
}

std::string_view provider_by_path(std::string_view path) {
    return first_that_fits(kPaths, path);
}

bool set_endpoint(AuditRecord& record, std::string_view url) {
    url = url.substr(0, std::min(url.find_first_of("?#"), url.size()));
    size_t scheme_end = url.find("://");
    std::string_view scheme = scheme_end == std::string_view::npos ? "" : url.substr(0, scheme_end);
    std::string_view rest = scheme.empty() ? url : url.substr(scheme_end + 3);
    if (!rest.starts_with('/') || !scheme.empty()) {
        size_t slash = std::min(rest.find('/'), rest.size());
        Authority authority = parse_authority(rest.substr(0, slash));
        bool looks_like_host = !scheme.empty() || authority.port != 0 ||
                               authority.host.find('.') != std::string_view::npos;
        if (!authority.valid || !looks_like_host) {
            return false;
        }
        set_if_absent(record, Field::kServerAddress, authority.host);
        if (!record.has(Field::kServerPort)) {
            int64_t by_scheme = scheme == "https" ? 443 : scheme == "http" ? 80 : 0;
            int64_t port = authority.port != 0 ? authority.port : by_scheme;
            if (port != 0) {
                record.set_integer(Field::kServerPort, port);
            }
        }
        set_if_absent(record, Field::kGenAiProviderName, provider_by_host(authority.host));
        rest.remove_prefix(slash);
    }
    set_if_absent(record, Field::kUrlPath, rest);
    set_if_absent(record, Field::kGenAiProviderName, provider_by_path(rest));
    return true;
}

}  // namespace llmtrail
