// The content blocks of Anthropic's messages. What the answer cites, finds or is handed as a
// document is a data source of the record; the block itself stays in its message.
#include "bodies/anthropic.h"
#include "bodies/anthropic_parts.h"

namespace llmtrail {

namespace {

// {"source": {"type": "base64" | "url" | "file", …}}; false: another source, nothing was written.
bool write_source(const BodyPlace& place, std::string_view modality, JsonValue source,
                  MessagesWriter& out) {
    BodyPlace here = place.below("source");
    std::string_view type = source["type"].text();
    if (type == "base64" && source["data"].is_string()) {
        out.blob(modality, source["media_type"].text(), source["data"].text());
        here.keep_others(source, {"type", "media_type", "data"});
    } else if (type == "url" && source["url"].is_string()) {
        out.uri(modality, source["url"].text());
        here.keep_others(source, {"type", "url"});
    } else if (type == "file" && source["file_id"].is_string()) {
        out.file(modality, source["file_id"].text());
        here.keep_others(source, {"type", "file_id"});
    } else {
        return false;
    }
    return true;
}

void write_image(const BodyPlace& place, JsonValue block, MessagesWriter& out) {
    if (write_source(place, "image", block["source"], out)) {
        place.keep_others(block, {"type", "source"});
    } else {
        out.given(block);
    }
}

// A document whose text stands in the block is no text that the user typed: it is kept as given.
void write_document(const BodyPlace& place, JsonValue block, MessagesWriter& out) {
    JsonValue origin = block["source"];
    DataSource source;
    source.type = "document";
    source.id = origin["file_id"].text();
    source.name = block["title"].text();
    source.uri = origin["url"].text();
    if (!source.id.empty() || !source.name.empty() || !source.uri.empty()) {
        add_data_source(place.scratch(), source);
    }
    if (!write_source(place, "document", origin, out)) {
        out.given(block);
    } else if (block["title"].is_string()) {
        place.keep_others(block, {"type", "source", "title"});
    } else {
        place.keep_others(block, {"type", "source"});
    }
}

struct CitationKind {
    std::string_view type;
    std::string_view source_type;
    std::string_view name_key;
    std::string_view uri_key;
};

constexpr CitationKind kCitations[] = {
    {"char_location", "document", "document_title", {}},
    {"page_location", "document", "document_title", {}},
    {"content_block_location", "document", "document_title", {}},
    {"search_result_location", "search_result", "title", "source"},
    {"web_search_result_location", "web", "title", "url"},
};

// A search result: one that the application hands over ("source") or the web search found ("url").
void add_search_result(BodyScratch& scratch, JsonValue result) {
    DataSource source;
    bool web = result["url"].is_string();
    source.type = web ? "web" : "search_result";
    source.name = result["title"].text();
    source.uri = result[web ? "url" : "source"].text();
    if (!source.name.empty() || !source.uri.empty()) {
        add_data_source(scratch, source);
    }
}

void write_tool_use(const BodyPlace& place, JsonValue block, MessagesWriter& out, bool of_answer) {
    std::string_view id = block["id"].text();
    std::string_view name = block["name"].text();
    JsonValue input = block["input"];
    out.tool_call(id, name, input);
    if (of_answer) {
        add_tool_call(place.scratch(), id, name, input);
        if (block["type"].text() == "server_tool_use" && input["query"].is_string()) {
            fill(place.record(), Field::kGenAiRetrievalQueryText, input["query"]);
        }
    }
    place.keep_unless_text(block, {"id", "name"});
    place.keep_others(block, {"type", "id", "name", "input"});
}

void write_tool_result(const BodyPlace& place, JsonValue block, MessagesWriter& out,
                       bool of_answer) {
    std::string_view type = block["type"].text();
    std::string_view id = block["tool_use_id"].text();
    JsonValue content = block["content"];
    out.tool_result(id, content);
    bool by_server = type != "tool_result";  // the provider ran the tool while it answered
    if (by_server || !of_answer) {
        add_tool_result(place.scratch(), id, content);
    }
    for (JsonValue result : content.items()) {
        if (result["type"].text().ends_with("search_result")) {
            add_search_result(place.scratch(), result);
        }
    }
    place.keep_unless_text(block, {"tool_use_id"});
    place.keep_others(block, {"type", "tool_use_id", "content"});
}

}  // namespace

void add_anthropic_citation(BodyScratch& scratch, JsonValue citation) {
    for (const CitationKind& kind : kCitations) {
        if (citation["type"].text() != kind.type) {
            continue;
        }
        DataSource source;
        source.type = kind.source_type;
        source.id = citation["file_id"].text();
        source.name = citation[kind.name_key].text();
        source.uri = kind.uri_key.empty() ? "" : citation[kind.uri_key].text();
        source.action = "cited";
        if (!source.id.empty() || !source.name.empty() || !source.uri.empty()) {
            add_data_source(scratch, source);
        }
    }
}

void write_anthropic_block(const BodyPlace& place, JsonValue block, MessagesWriter& out,
                           bool of_answer) {
    std::string_view type = block["type"].text();
    if (!block.is_object()) {
        place.keep(block);
    } else if (type == "text" && block["text"].is_string()) {
        out.text(block["text"].text());
        for (JsonValue citation : block["citations"].items()) {
            add_anthropic_citation(place.scratch(), citation);
        }
        place.keep_others(block, {"type", "text"});
    } else if (type == "thinking" && block["thinking"].is_string()) {
        out.reasoning(block["thinking"].text());
        place.keep_others(block, {"type", "thinking"});
    } else if (type == "tool_use" || type == "server_tool_use" || type == "mcp_tool_use") {
        write_tool_use(place, block, out, of_answer);
    } else if (type.ends_with("tool_result")) {
        write_tool_result(place, block, out, of_answer);
    } else if (type == "image") {
        write_image(place, block, out);
    } else if (type == "document") {
        write_document(place, block, out);
    } else {
        if (type == "search_result") {
            add_search_result(place.scratch(), block);
        }
        out.given(block);
    }
}

}  // namespace llmtrail
