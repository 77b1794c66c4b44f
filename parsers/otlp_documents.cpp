// Documents that a retrieval found, as data sources. Where they came from (a title, an address, a
// channel and message of Slack) mostly stands in their metadata.
#include <array>

#include "parsers/common_lists.h"
#include "parsers/name_map.h"
#include "parsers/otlp_content.h"

namespace llmtrail::otlp {

namespace {

constexpr std::string_view kMetadata = "metadata";
constexpr std::string_view kDocument = "document";

enum Member : size_t {
    kType,
    kId,
    kName,
    kUri,
    kChannel,
    kMessage,
    kSensitivity,
    kScore,
    kMembers,
};

struct MemberNames {
    std::string_view names;
    size_t meaning;
};

constexpr auto kNames = std::to_array<MemberNames>({
    {"sourcetype kind type", kType},
    {"id docid documentid chunkid sourceid fileid", kId},
    {"name title filename", kName},
    {"uri url link source path location", kUri},
    {"channel channelid", kChannel},
    {"messageid messagets ts", kMessage},
    {"sensitivity classification sensitivitylabel", kSensitivity},
    {"score similarity relevance relevancescore", kScore},
});

constexpr auto kMap = name_map_of<128>(kNames);
static_assert(kMap.is_sound());

// LangChain's word for every document.
bool is_any_document(JsonMember member) {
    return member.key == "type" && member.value.text() == "Document";
}

class Found {
 public:
    // False: no member of a source, or a second one of its meaning.
    bool take(std::string_view key, JsonValue value) {
        const size_t* member = kMap.find(NormalizedKey(key));
        bool scalar = value.is_string() || value.is_number();
        if (member == nullptr || values_[*member].exists() || !scalar ||
            is_any_document({key, value}) || (*member == kScore && !real(value))) {
            return false;
        }
        values_[*member] = value;
        return true;
    }

    void take_all(const BodyPlace& place, JsonValue object) {
        for (JsonMember member : object.members()) {
            if (!take(member.key, member.value)) {
                place.keep(member.key, member.value);
            }
        }
    }

    void add(BodyScratch& scratch) {
        DataSource source;
        source.id = text(kId);
        source.name = text(kName);
        source.uri = text(kUri);
        source.type = text(kType);
        if (source.type.empty()) {
            source.type = source_type_of(source.uri);
        }
        if (source.type.empty()) {
            source.type = kDocument;
        }
        source.channel = text(kChannel);
        source.message_id = text(kMessage);
        source.sensitivity = text(kSensitivity);
        source.score = real(values_[kScore]);
        add_data_source(scratch, source);
    }

 private:
    std::string_view text(Member member) {
        JsonValue value = values_[member];
        if (value.is_number()) {
            numbers_[member] = value.json();
            return numbers_[member];
        }
        return value.text();
    }

    std::array<JsonValue, kMembers> values_{};
    std::array<std::string, kMembers> numbers_;
};

// `metadata`: an object or its JSON text.
void take_metadata(const BodyPlace& place, JsonMember metadata, Found& found, JsonPool& pool) {
    bool text = metadata.value.is_string();
    JsonValue object = text ? pool.read_container(metadata.value.text()) : metadata.value;
    if (object.is_object()) {
        found.take_all(place.below(metadata.key), object);
    } else {
        place.keep(metadata.key, metadata.value);
    }
}

}  // namespace

void write_document(const BodyPlace& place, const std::vector<DocumentPart>& parts,
                    JsonPool& pool) {
    PoolScope scope(pool);
    Found found;
    JsonMember metadata{{}, {}};
    for (const DocumentPart& part : parts) {
        bool described = part.name == kMetadata || part.name == "entity";
        if (described && !metadata.value.exists()) {
            metadata = {part.key, part.value};
        } else if (!found.take(part.name, part.value)) {
            place.keep(part.key, part.value);
        }
    }
    take_metadata(place, metadata, found, pool);
    found.add(place.scratch());
}

void write_documents(const BodyPlace& place, JsonValue documents, JsonPool& pool) {
    size_t index = 0;
    for (JsonValue document : documents.items()) {
        BodyPlace here = place.below(index++);
        if (!document.is_object()) {
            add_common_sources(document, here.path(), here.scratch());
            continue;
        }
        std::vector<DocumentPart> parts;
        for (JsonMember member : document.members()) {
            parts.push_back({member.key, member.key, member.value});
        }
        write_document(here, parts, pool);
    }
}

void write_indexed_documents(const BodyPlace& place, const std::vector<IndexedItem>& items,
                             JsonPool& pool) {
    for (size_t at = 0; at < items.size();) {
        std::vector<DocumentPart> parts;
        size_t index = items[at].index;
        for (; at < items.size() && items[at].index == index; ++at) {
            std::string_view rest = items[at].rest;
            if (rest.starts_with("document.")) {
                rest.remove_prefix(kDocument.size() + 1);
            }
            parts.push_back({rest, items[at].key, items[at].value});
        }
        write_document(place, parts, pool);
    }
}

}  // namespace llmtrail::otlp
