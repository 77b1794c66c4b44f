// Where answers in Open WebUI come from: files and collections named in a request, and what was
// found in them.
#include <algorithm>

#include "parsers/common_lists.h"
#include "parsers/openwebui_parts.h"
#include "parsers/source_document.h"

namespace llmtrail {

namespace {

std::string_view first_text(JsonValue object, std::initializer_list<std::string_view> keys) {
    for (std::string_view key : keys) {
        if (std::string_view text = object[key].text(); !text.empty()) {
            return text;
        }
    }
    return {};
}

bool is_address(std::string_view text) {
    return text.find("://") != std::string_view::npos;
}

void add_source(DataSource source, BodyScratch& scratch) {
    std::string_view by_address = source_type_of(source.uri);
    bool hosted = !by_address.empty() && by_address != "web";
    if (hosted || source.type.empty()) {
        source.type = by_address;
    }
    add_located_source(source, scratch);
}

// One piece of text that was found, with what its file or page says of itself.
void read_piece(JsonValue piece, DataSource source, const BodyPlace& place) {
    struct Row {
        std::string_view key;
        std::string_view DataSource::*member;
    };

    static constexpr Row kRows[] = {
        {"file_id", &DataSource::id},
        {"name", &DataSource::name},
        {"title", &DataSource::name},
        {"source", &DataSource::uri},
        {"url", &DataSource::uri},
        {"channel", &DataSource::channel},
        {"channel_id", &DataSource::channel},
        {"message_id", &DataSource::message_id},
        {"message_ts", &DataSource::message_id},
        {"ts", &DataSource::message_id},
    };
    const DataSource whole = source;
    for (auto [key, value] : piece.members()) {
        const Row* row = std::find_if(std::begin(kRows), std::end(kRows),
                                      [k = key](const Row& each) { return each.key == k; });
        std::string_view text = value.text();
        if (row == std::end(kRows) || text.empty()) {
            place.keep(key, value);
        } else if (row->member == &DataSource::uri && !is_address(text)) {
            // most often the file's name again
            bool again = source.name == text || piece["name"].text() == text;
            again ? void() : place.keep(key, value);
        } else if (source.*row->member == whole.*row->member || source.*row->member == text) {
            source.*row->member = text;
        } else {
            place.keep(key, value);
        }
    }
    if (!piece["file_id"].text().empty()) {  // of a collection, too
        source.type = "file";
    }
    add_source(source, place.scratch());
}

void read_source(JsonValue item, const BodyPlace& place) {
    JsonValue given = item["source"];
    DataSource source;
    source.type = given["type"].text();
    source.id = first_text(given, {"id", "collection_name"});
    source.name = given["name"].text();
    source.uri = is_address(given["url"].text()) ? given["url"].text() : std::string_view();
    JsonValue pieces = item["metadata"];
    for (auto [key, value] : item.members()) {
        BodyPlace here = place.below(key);
        if (key == "source" && value.is_object()) {
            here.keep_others(value, {"type", "id", "name", "url"});
            here.keep_unless_text(value, {"type", "id", "name"});
            if (source.uri.empty()) {
                here.keep("url", value["url"]);
            }
        } else if (key != "metadata" || !value.is_array()) {
            place.keep(key, value);
        }
    }
    if (!(source.id.empty() && source.name.empty() && source.uri.empty())) {
        add_source(source, place.scratch());
    }
    size_t index = 0;
    BodyPlace list = place.below("metadata");
    for (JsonValue piece : pieces.items()) {
        BodyPlace here = list.below(index++);
        piece.is_object() ? read_piece(piece, source, here) : here.keep(piece);
    }
}

}  // namespace

void read_openwebui_sources(JsonValue sources, const BodyPlace& place) {
    if (!sources.is_array()) {
        place.keep(sources);
        return;
    }
    size_t index = 0;
    for (JsonValue item : sources.items()) {
        BodyPlace here = place.below(index++);
        item.is_object() ? read_source(item, here) : here.keep(item);
    }
}

void read_openwebui_files(JsonValue files, const BodyPlace& place) {
    if (!files.is_array()) {
        place.keep(files);
        return;
    }
    size_t index = 0;
    for (JsonValue item : files.items()) {
        BodyPlace here = place.below(index++);
        if (!item.is_object()) {
            here.keep(item);
            continue;
        }
        DataSource source;
        source.type = item["type"].text();
        source.id = item["id"].text();
        source.name = item["name"].text();
        source.uri = is_address(item["url"].text()) ? item["url"].text() : std::string_view();
        add_source(source, place.scratch());
        here.keep_others(item, {"type", "id", "name", "url"});
        here.keep_unless_text(item, {"type", "id", "name"});
        if (source.uri.empty()) {
            here.keep("url", item["url"]);
        }
    }
}

void read_openwebui_retrieval(const OpenwebuiEntry& entry, BodyScratch& scratch,
                              AuditRecord& record) {
    fill_text(record, Field::kEventKind, "retrieval");
    BodyPlace request(kOpenwebuiRequest, scratch, record);
    for (auto [key, value] : entry.request.json.members()) {
        if (key == "query" || key == "queries") {
            bool one = value.is_array() && value.size() == 1;
            JsonValue query = one ? *value.items().begin() : value;
            if (query.is_array()) {
                fill_text(record, Field::kGenAiRetrievalQueryText, query.json());
            } else {
                request.fill_or_keep(Field::kGenAiRetrievalQueryText, key, query);
            }
        } else if (key == "collection_name") {
            request.fill_or_keep(Field::kGenAiDataSourceId, key, value);
        } else if (key == "collection_names" && value.size() == 1) {
            request.fill_or_keep(Field::kGenAiDataSourceId, key, *value.items().begin());
        } else {
            request.keep(key, value);
        }
    }
    if (!entry.request.json.is_object()) {
        keep_openwebui_body(entry.request, request);
    }
    // A vector store's answer: for each query a list of pieces, of their texts and distances.
    BodyPlace response(kOpenwebuiResponse, scratch, record);
    OpenwebuiBody rest = entry.response;
    JsonValue found = rest.json["metadatas"];
    if (!found.is_array()) {
        keep_openwebui_body(rest, response);
        return;
    }
    response.keep_others(rest.json, {"metadatas"});
    BodyPlace metadatas = response.below("metadatas");
    size_t query = 0;
    for (JsonValue list : found.items()) {
        BodyPlace at = metadatas.below(query++);
        size_t index = 0;
        for (JsonValue piece : list.items()) {
            BodyPlace here = at.below(index++);
            piece.is_object() ? read_piece(piece, {}, here) : here.keep(piece);
        }
        if (!list.is_array()) {
            at.keep(list);
        }
    }
}

}  // namespace llmtrail
