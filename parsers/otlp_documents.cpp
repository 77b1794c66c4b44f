// Documents that a retrieval found, as data sources. Where they came from (a title, an address, a
// channel and message of Slack) mostly stands in their metadata.
#include "parsers/common_lists.h"
#include "parsers/otlp_content.h"
#include "parsers/source_document.h"

namespace llmtrail::otlp {

namespace {

constexpr std::string_view kMetadata = "metadata";
constexpr std::string_view kDocument = "document";

// LangChain's word for every document is no type.
bool is_any_document(std::string_view key, JsonValue value) {
    return key == "type" && value.text() == "Document";
}

bool take(SourceDocument& found, std::string_view key, JsonValue value) {
    return !is_any_document(key, value) && found.take(key, value);
}

// `metadata`: an object or its JSON text.
void take_metadata(const BodyPlace& place, JsonMember metadata, SourceDocument& found,
                   JsonPool& pool) {
    bool text = metadata.value.is_string();
    JsonValue object = text ? pool.read_container(metadata.value.text()) : metadata.value;
    if (object.is_object()) {
        BodyPlace below = place.below(metadata.key);
        for (JsonMember member : object.members()) {
            if (!take(found, member.key, member.value)) {
                below.keep(member.key, member.value);
            }
        }
    } else {
        place.keep(metadata.key, metadata.value);
    }
}

}  // namespace

void write_document(const BodyPlace& place, const std::vector<DocumentPart>& parts,
                    JsonPool& pool) {
    PoolScope scope(pool);
    SourceDocument found;
    JsonMember metadata{{}, {}};
    for (const DocumentPart& part : parts) {
        bool described = part.name == kMetadata || part.name == "entity";
        if (described && !metadata.value.exists()) {
            metadata = {part.key, part.value};
        } else if (!take(found, part.name, part.value)) {
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
