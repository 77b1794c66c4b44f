#include "parsers/framework_documents.h"

#include <algorithm>
#include <array>
#include <string>

#include "parsers/common_lists.h"
#include "parsers/name_map.h"

namespace llmtrail {

namespace {

enum SourceMember : size_t {
    kType,
    kId,
    kName,
    kUri,
    kChannel,
    kMessage,
    kSensitivity,
    kScore,
    kSourceMembers,
};

struct SourceNames {
    std::string_view names;
    SourceMember meaning;
};

constexpr auto kNames = std::to_array<SourceNames>({
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

constexpr std::string_view kTextKeys[] = {"page_content", "pageContent", "content",
                                          "text",         "snippet",     "body"};

struct Found {
    std::array<JsonValue, kSourceMembers> values;

    std::string_view text(SourceMember member, std::string& number) const {
        JsonValue value = values[member];
        if (value.is_number()) {
            number = value.json();
            return number;
        }
        return value.text();
    }
};

bool is_scalar(JsonValue value) {
    return (value.is_string() && !value.text().empty()) || value.is_number();
}

// Takes what the form has a member for; the rest is kept.
void collect(JsonValue object, const BodyPlace& place, Found& found) {
    for (JsonMember member : object.members()) {
        NormalizedKey key(member.key);
        const SourceMember* at = kNameMap.find(key);
        bool class_name = at != nullptr && *at == kType && member.value.text() == "Document";
        if (class_name) {
            continue;
        }
        bool fits = at != nullptr && is_scalar(member.value) && !found.values[*at].exists() &&
                    (*at != kScore || member.value.is_number());
        if (fits) {
            found.values[*at] = member.value;
        } else if (member.key == "metadata" && member.value.is_object()) {
            collect(member.value, place.below(member.key), found);
        } else {
            place.keep(member.key, member.value);
        }
    }
}

// A word, not an address: {"source": "slack"} says of what kind the source is.
bool is_word(std::string_view text) {
    return !text.empty() && text.find_first_of("/.:\\ ") == std::string_view::npos;
}

// https://team.slack.com/archives/C042/p1712345678000200 names the channel and, in microseconds,
// the message 1712345678.000200.
struct SlackLink {
    std::string_view channel;
    std::string message;
};

SlackLink slack_link(std::string_view uri) {
    constexpr std::string_view kArchives = ".slack.com/archives/";
    constexpr size_t kMicrosDigits = 6;
    size_t at = uri.find(kArchives);
    if (at == std::string_view::npos) {
        return {};
    }
    std::string_view rest = uri.substr(at + kArchives.size());
    SlackLink link;
    link.channel = rest.substr(0, rest.find_first_of("/?#"));
    rest.remove_prefix(std::min(link.channel.size() + 1, rest.size()));
    std::string_view stamp = rest.substr(0, rest.find_first_of("/?#"));
    bool digits = stamp.size() > kMicrosDigits + 1 && stamp.front() == 'p' &&
                  stamp.find_first_not_of("0123456789", 1) == std::string_view::npos;
    if (digits) {
        stamp.remove_prefix(1);
        link.message = std::string(stamp.substr(0, stamp.size() - kMicrosDigits)) + "." +
                       std::string(stamp.substr(stamp.size() - kMicrosDigits));
    }
    return link;
}

bool is_document(JsonValue value) {
    JsonValue body = value["kwargs"].is_object() ? value["kwargs"] : value;
    if (body["page_content"].is_string() || body["pageContent"].is_string()) {
        return true;
    }
    bool has_text = std::any_of(std::begin(kTextKeys), std::end(kTextKeys),
                                [&](std::string_view key) { return body[key].is_string(); });
    bool described = body["metadata"].is_object() || body["score"].is_number() ||
                     body["url"].is_string() || body["uri"].is_string() ||
                     body["source"].is_string() || body["id"].exists();
    return has_text && described && !body["role"].exists();
}

}  // namespace

bool is_document_list(JsonValue list) {
    size_t documents = 0;
    for (JsonValue item : list.items()) {
        if (!is_document(item)) {
            return false;
        }
        ++documents;
    }
    return documents > 0;
}

bool names_source(JsonValue object) {
    constexpr std::string_view kTelling[] = {"channel",    "channel_id", "channelId", "document_id",
                                             "documentId", "permalink",  "file_id"};
    return std::any_of(std::begin(kTelling), std::end(kTelling),
                       [&](std::string_view key) { return is_scalar(object[key]); });
}

void read_document(JsonValue document, const BodyPlace& place) {
    Found found;
    BodyPlace inner = place.below("kwargs");
    if (document["kwargs"].is_object()) {
        collect(document["kwargs"], inner, found);
        place.keep_others(document, {"lc", "type", "id", "kwargs"});
    } else {
        collect(document, place, found);
    }
    std::string id;
    std::string message;
    std::string other;
    DataSource source;
    source.type = found.text(kType, other);
    source.id = found.text(kId, id);
    source.name = found.values[kName].text();
    source.uri = found.values[kUri].text();
    source.channel = found.values[kChannel].text();
    source.message_id = found.text(kMessage, message);
    source.sensitivity = found.values[kSensitivity].text();
    source.score = found.values[kScore].real();
    if (source.type.empty() && is_word(source.uri)) {
        std::swap(source.type, source.uri);
    }
    SlackLink link = slack_link(source.uri);
    source.channel = source.channel.empty() ? link.channel : source.channel;
    source.message_id = source.message_id.empty() ? link.message : source.message_id;
    if (source.type.empty()) {
        source.type = source_type_of(source.uri);
    }
    if (source.type.empty()) {
        source.type = "document";
    }
    add_data_source(place.scratch(), source);
}

void read_documents(JsonValue list, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue item : list.items()) {
        BodyPlace here = place.below(index++);
        if (item.is_object()) {
            read_document(item, here);
        } else {
            here.keep(item);
        }
    }
}

}  // namespace llmtrail
