#include <algorithm>
#include <array>

#include "parsers/collected_members.h"
#include "parsers/common_lists.h"
#include "parsers/source_document.h"

namespace llmtrail {

namespace {

enum SourceMember : size_t {
    kSourceType,
    kSourceId,
    kSourceName,
    kSourceUri,
    kSourceChannel,
    kSourceMessage,
    kSourceSensitivity,
    kSourceScore,
    kSourceAction,
    kSourceMembers,
};

constexpr auto kSourceNames = std::to_array<MemberNames>({
    {"type kind sourcetype", kSourceType},
    {"id docid documentid chunkid sourceid fileid", kSourceId},
    {"name title filename", kSourceName},
    {"uri url link source path location", kSourceUri},
    {"channel channelid", kSourceChannel},
    {"messageid messagets ts", kSourceMessage},
    {"sensitivity classification sensitivitylabel label", kSourceSensitivity},
    {"score similarity relevance relevancescore", kSourceScore},
    {"action", kSourceAction},
});

constexpr auto kSourceMap = name_map_of<128>(kSourceNames);
static_assert(kSourceMap.is_sound());

void add_source_object(JsonValue object, std::string_view path, BodyScratch& scratch) {
    Collected<kSourceMembers> collected;
    collected.collect(object, kSourceMap, path, scratch);
    DataSource source;
    source.id = collected.text(kSourceId);
    source.name = collected.text(kSourceName);
    source.uri = collected.text(kSourceUri);
    source.type = collected.text(kSourceType);
    if (source.type.empty()) {
        source.type = source_type_of(source.uri);
    }
    source.channel = collected.text(kSourceChannel);
    source.message_id = collected.text(kSourceMessage);
    source.sensitivity = collected.text(kSourceSensitivity);
    source.score = collected[kSourceScore].real();
    source.action = collected.text(kSourceAction);
    bool named = !(source.id.empty() && source.name.empty() && source.uri.empty() &&
                   source.message_id.empty());
    bool told = named || !source.type.empty() || !source.channel.empty();
    if (!told || !source.score) {
        keep_redacted(path, "score", collected[kSourceScore], scratch.unmapped);
    }
    if (told) {
        add_located_source(source, scratch);
    } else {
        keep_redacted(path, "sensitivity", collected[kSourceSensitivity], scratch.unmapped);
        keep_redacted(path, "action", collected[kSourceAction], scratch.unmapped);
    }
}

// Hosts whose addresses are more than a web page; the first that fits.
struct HostedService {
    std::string_view host_ends;
    std::string_view type;
};

constexpr auto kHostedServices = std::to_array<HostedService>({
    {"slack.com", "slack"},
    {"sharepoint.com", "sharepoint"},
    {"teams.microsoft.com", "teams"},
    {"drive.google.com", "google_drive"},
    {"docs.google.com", "google_drive"},
    {"atlassian.net", "atlassian"},
    {"github.com", "github"},
    {"notion.so", "notion"},
});

bool is_scheme_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
}

}  // namespace

std::string_view source_type_of(std::string_view uri) {
    constexpr size_t kSchemeBytesMax = 32;
    size_t end = uri.find("://");
    if (end == 0 || end == std::string_view::npos || end > kSchemeBytesMax) {
        return {};
    }
    std::string_view scheme = uri.substr(0, end);
    if (scheme != "http" && scheme != "https") {
        bool sound = std::all_of(scheme.begin(), scheme.end(), is_scheme_character);
        return sound ? scheme : std::string_view();
    }
    std::string_view host = uri.substr(end + 3);
    host = host.substr(0, std::min(host.find_first_of("/?#:"), host.size()));
    for (const HostedService& service : kHostedServices) {
        bool whole = host.size() == service.host_ends.size();
        if (host.ends_with(service.host_ends) &&
            (whole || host[host.size() - service.host_ends.size() - 1] == '.')) {
            return service.type;
        }
    }
    return "web";
}

// `path`: where the value itself stands.
static void add_source(JsonValue value, std::string_view path, BodyScratch& scratch) {
    if (value.is_object()) {
        add_source_object(value, path, scratch);
    } else if (value.is_string() && !value.text().empty()) {
        DataSource source;
        source.type = source_type_of(value.text());
        (source.type.empty() ? source.id : source.uri) = value.text();
        add_located_source(source, scratch);
    } else {
        scratch.unmapped.add(path, value);
    }
}

void add_common_sources(JsonValue value, std::string_view path, BodyScratch& scratch) {
    if (!value.is_array()) {
        add_source(value, path, scratch);
        return;
    }
    size_t index = 0;
    for (JsonValue item : value.items()) {
        add_source(item, joined_path(path, std::to_string(index++)), scratch);
    }
}

}  // namespace llmtrail
