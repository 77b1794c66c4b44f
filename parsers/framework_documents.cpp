#include "parsers/framework_documents.h"

#include <algorithm>

#include "parsers/source_document.h"

namespace llmtrail {

namespace {

constexpr std::string_view kTextKeys[] = {"page_content", "pageContent", "content",
                                          "text",         "snippet",     "body"};

bool is_scalar(JsonValue value) {
    return (value.is_string() && !value.text().empty()) || value.is_number();
}

// Takes what the form has a member for; the rest is kept.
void collect(JsonValue object, const BodyPlace& place, SourceDocument& found) {
    for (JsonMember member : object.members()) {
        bool class_name = member.key == "type" && member.value.text() == "Document";
        if (class_name || found.take(member.key, member.value)) {
            continue;
        }
        if (member.key == "metadata" && member.value.is_object()) {
            collect(member.value, place.below(member.key), found);
        } else {
            place.keep(member.key, member.value);
        }
    }
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
    SourceDocument found;
    if (document["kwargs"].is_object()) {
        collect(document["kwargs"], place.below("kwargs"), found);
        place.keep_others(document, {"lc", "type", "id", "kwargs"});
    } else {
        collect(document, place, found);
    }
    found.add(place.scratch());
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
