#include "parsers/source_document.h"

#include <algorithm>

#include "parsers/common_lists.h"
#include "parsers/name_map.h"
#include "parsers/otlp_value.h"

namespace llmtrail {

namespace {

enum Member : size_t {
    kType,
    kId,
    kName,
    kUri,
    kChannel,
    kMessage,
    kSensitivity,
    kScore,
};

struct MemberRow {
    std::string_view names;
    Member meaning;
};

constexpr auto kNames = std::to_array<MemberRow>({
    {"type kind sourcetype", kType},
    {"id docid documentid chunkid sourceid fileid nodeid", kId},
    {"name title filename", kName},
    {"uri url link href source path location permalink", kUri},
    {"channel channelid", kChannel},
    {"messageid messagets ts", kMessage},
    {"sensitivity classification sensitivitylabel", kSensitivity},
    {"score similarity relevance relevancescore", kScore},
});

constexpr auto kNameMap = name_map_of<256>(kNames);
static_assert(kNameMap.is_sound());

// A word, not an address: {"source": "slack"} says of what kind the source is.
bool is_word(std::string_view text) {
    return !text.empty() && text.find_first_of("/.:\\ ") == std::string_view::npos;
}

}  // namespace

SlackMessage slack_message(std::string_view uri) {
    constexpr std::string_view kArchives = ".slack.com/archives/";
    constexpr size_t kMicrosDigits = 6;
    constexpr size_t kStampDigitsMax = 31;
    size_t at = uri.find(kArchives);
    if (at == std::string_view::npos) {
        return {};
    }
    std::string_view rest = uri.substr(at + kArchives.size());
    SlackMessage message;
    message.channel = rest.substr(0, rest.find_first_of("/?#"));
    rest.remove_prefix(message.channel.size());
    if (!rest.starts_with("/p")) {
        return message;
    }
    rest.remove_prefix(2);
    std::string_view stamp = rest.substr(0, rest.find_first_of("/?#"));
    bool digits = stamp.size() > kMicrosDigits && stamp.size() <= kStampDigitsMax &&
                  stamp.find_first_not_of("0123456789") == std::string_view::npos;
    if (digits) {
        message.id = stamp;
        message.id.insert(stamp.size() - kMicrosDigits, 1, '.');
    }
    return message;
}

void add_located_source(DataSource source, BodyScratch& scratch) {
    SlackMessage slack = slack_message(source.uri);
    source.channel = source.channel.empty() ? slack.channel : source.channel;
    source.message_id = source.message_id.empty() ? slack.id : source.message_id;
    add_data_source(scratch, source);
}

bool SourceDocument::take(std::string_view key, JsonValue value) {
    const Member* member = kNameMap.find(NormalizedKey(key));
    bool scalar = (value.is_string() && !value.text().empty()) || value.is_number();
    if (member == nullptr || values_[*member].exists() || !scalar ||
        (*member == kScore && !otlp::real(value))) {
        return false;
    }
    values_[*member] = value;
    return true;
}

std::string_view SourceDocument::text(size_t member) {
    JsonValue value = values_[member];
    if (value.is_number()) {
        numbers_[member] = value.json();
        return numbers_[member];
    }
    return value.text();
}

void SourceDocument::add(BodyScratch& scratch) {
    DataSource source;
    source.type = text(kType);
    source.id = text(kId);
    source.name = text(kName);
    source.uri = text(kUri);
    source.channel = text(kChannel);
    source.message_id = text(kMessage);
    source.sensitivity = text(kSensitivity);
    source.score = otlp::real(values_[kScore]);
    if (source.type.empty() && is_word(source.uri)) {
        std::swap(source.type, source.uri);
    }
    if (source.type.empty()) {
        source.type = source_type_of(source.uri);
    }
    if (source.type.empty()) {
        source.type = "document";
    }
    add_located_source(source, scratch);
}

}  // namespace llmtrail
