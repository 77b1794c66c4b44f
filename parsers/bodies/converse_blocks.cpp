// The content blocks of Converse's messages. A document that the request carries and what the
// answer cites are data sources of the record.
#include "bodies/converse_parts.h"

namespace llmtrail {

namespace {

bool is_media(std::string_view key) {
    return key == "image" || key == "document" || key == "video" || key == "audio";
}

void write_media(const BodyPlace& place, std::string_view modality, JsonValue block,
                 JsonValue media, MessagesWriter& out) {
    JsonValue source = media["source"];
    JsonValue format = media["format"];
    JsonValue uri = source["s3Location"]["uri"];
    bool named = modality == "document" && media["name"].is_string();
    if (named) {
        DataSource document;
        document.type = modality;
        document.name = media["name"].text();
        document.uri = uri.text();
        add_data_source(place.scratch(), document);
    }
    if (source["bytes"].is_string()) {
        std::string mime(modality == "document" ? "application" : modality);
        mime += '/';
        mime += format.text();
        out.blob(modality, mime, source["bytes"].text());
        place.below("source").keep_others(source, {"bytes"});
    } else if (uri.is_string()) {
        out.uri(modality, uri.text());
        place.keep("format", format);
        place.below("source").keep_others(source, {"s3Location"});
        place.below("source").below("s3Location").keep_others(source["s3Location"], {"uri"});
    } else {
        out.given(block);
        return;
    }
    if (named) {
        place.keep_others(media, {"source", "format", "name"});
    } else {
        place.keep_others(media, {"source", "format"});
    }
}

void write_tool_use(const BodyPlace& place, JsonValue use, MessagesWriter& out, bool of_answer) {
    std::string_view id = use["toolUseId"].text();
    std::string_view name = use["name"].text();
    out.tool_call(id, name, use["input"]);
    if (of_answer) {
        add_tool_call(place.scratch(), id, name, use["input"]);
    }
    place.keep_unless_text(use, {"toolUseId", "name"});
    place.keep_others(use, {"toolUseId", "name", "input"});
}

void write_tool_result(const BodyPlace& place, JsonValue result, MessagesWriter& out) {
    std::string_view id = result["toolUseId"].text();
    out.tool_result(id, result["content"]);
    add_tool_result(place.scratch(), id, result["content"]);
    place.keep_unless_text(result, {"toolUseId"});
    place.keep_others(result, {"toolUseId", "content"});
}

void write_reasoning(const BodyPlace& place, JsonValue block, JsonValue content,
                     MessagesWriter& out) {
    JsonValue text = content["reasoningText"]["text"];
    if (!text.is_string()) {
        out.given(block);
        return;
    }
    out.reasoning(text.text());
    place.below("reasoningText").keep_others(content["reasoningText"], {"text"});
    place.keep_others(content, {"reasoningText"});
}

// {"content": [{"text"}], "citations": [{"title", "source", "sourceContent", "location"}]}
void write_cited_text(const BodyPlace& place, JsonValue cited, MessagesWriter& out) {
    size_t index = 0;
    for (JsonValue part : cited["content"].items()) {
        BodyPlace here = place.below("content");
        if (part["text"].is_string()) {
            out.text(part["text"].text());
            here.below(index).keep_others(part, {"text"});
        } else {
            here.below(index).keep(part);
        }
        ++index;
    }
    for (JsonValue citation : cited["citations"].items()) {
        add_converse_citation(place.scratch(), citation);
    }
    if (!cited["content"].is_array()) {
        place.keep("content", cited["content"]);
    }
    place.keep_others(cited, {"content"});
}

// {"source", "title", "content": [{"text"}]}: found by the application, not typed by the user.
void add_search_result(BodyScratch& scratch, JsonValue result) {
    DataSource source;
    source.type = "search_result";
    source.name = result["title"].text();
    source.uri = result["source"].text();
    if (!source.name.empty() || !source.uri.empty()) {
        add_data_source(scratch, source);
    }
}

// Text that an answer is checked against: handed over by the application, not typed by the user.
bool is_source(JsonValue guarded_text) {
    for (JsonValue qualifier : guarded_text["qualifiers"].items()) {
        if (qualifier.text() == "grounding_source") {
            return true;
        }
    }
    return false;
}

}  // namespace

void add_converse_citation(BodyScratch& scratch, JsonValue citation) {
    JsonValue web = citation["location"]["web"];
    DataSource source;
    source.type = web.exists() ? "web" : "document";
    source.name = citation["title"].text();
    source.uri = web.exists() ? web["url"].text() : citation["source"].text();
    source.action = "cited";
    if (!source.name.empty() || !source.uri.empty()) {
        add_data_source(scratch, source);
    }
}

// A block has one member, which says what it is; were there more, each would be written.
void write_converse_block(const BodyPlace& place, JsonValue block, MessagesWriter& out,
                          bool of_answer) {
    if (!block.is_object()) {
        place.keep(block);
        return;
    }
    for (JsonMember member : block.members()) {
        std::string_view key = member.key;
        JsonValue value = member.value;
        BodyPlace here = place.below(key);
        if (key == "text" && value.is_string()) {
            out.text(value.text());
        } else if (key == "toolUse" && value.is_object()) {
            write_tool_use(here, value, out, of_answer);
        } else if (key == "toolResult" && value.is_object()) {
            write_tool_result(here, value, out);
        } else if (key == "guardContent" && value["text"]["text"].is_string() &&
                   !is_source(value["text"])) {
            out.text(value["text"]["text"].text());
            here.below("text").keep_others(value["text"], {"text"});
            here.keep_others(value, {"text"});
        } else if (key == "citationsContent" && value.is_object()) {
            write_cited_text(here, value, out);
        } else if (key == "cachePoint" || block.size() > 1) {
            here.keep(value);
        } else if (is_media(key)) {
            write_media(here, key, block, value, out);
        } else if (key == "reasoningContent") {
            write_reasoning(here, block, value, out);
        } else {
            if (key == "searchResult") {
                add_search_result(place.scratch(), value);
            }
            out.given(block);
        }
    }
}

std::string_view converse_system_text(const BodyPlace& place, JsonValue block) {
    std::string_view text = block["text"].text();
    if (!text.empty()) {
        place.keep_others(block, {"text"});
        return text;
    }
    JsonValue guarded = block["guardContent"];
    text = guarded["text"]["text"].text();
    if (!text.empty()) {
        BodyPlace here = place.below("guardContent");
        here.below("text").keep_others(guarded["text"], {"text"});
        here.keep_others(guarded, {"text"});
        place.keep_others(block, {"guardContent"});
    }
    return text;
}

}  // namespace llmtrail
