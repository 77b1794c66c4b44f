// Prompts, answers, documents and tools as the vocabularies carry them in attributes: written into
// the scratch of a BodyPlace, either the record's own or one that is only compared. For otlp_*.cpp,
// and for vertex_entry.cpp, whose logs hold messages of the same form. Ingest thread; never fails.
#pragma once

#include <string_view>
#include <vector>

#include "bodies/body_place.h"
#include "parsers/otlp_value.h"

namespace llmtrail::otlp {

enum class Side : uint8_t { kInput, kOutput };

// One attribute "<prefix>N.<rest>".
struct IndexedItem {
    size_t index;
    std::string_view rest;
    std::string_view key;  // whole
    JsonValue value;
};

// Messages in OpenTelemetry's form, {"role", "parts"}, or in the chat form.
void write_messages(const BodyPlace& place, JsonValue messages, Side side);
// `reason`: why it ended, where that stands beside the message.
void write_message(const BodyPlace& place, JsonValue message, Side side,
                   std::string_view reason = {});
// Parts of gen_ai.system_instructions.
void write_system(const BodyPlace& place, JsonValue parts);

// Does any message of the list hold a text? What a cut left over may be mere names.
bool says_something(JsonValue messages);

// Attributes of indexed messages, sorted by index; what has no place in a message is kept.
void write_indexed_messages(const BodyPlace& place, const std::vector<IndexedItem>& items,
                            Side side, JsonPool& pool);

// Documents found, as data sources: lists of objects, a text each, or the attributes of indexed
// documents, sorted by index.
void write_documents(const BodyPlace& place, JsonValue documents, JsonPool& pool);
void write_indexed_documents(const BodyPlace& place, const std::vector<IndexedItem>& items,
                             JsonPool& pool);

// One document; `parts` that say nothing of a source are kept below `place` by their keys.
struct DocumentPart {
    std::string_view name;
    std::string_view key;
    JsonValue value;
};

void write_document(const BodyPlace& place, const std::vector<DocumentPart>& parts, JsonPool& pool);

// A request or an answer as the application gave it: a body, a message, messages or a text. False:
// a JSON value of some other form, not written.
bool write_body(const BodyPlace& place, JsonValue json, Side side);
// Would write_body() write it?
bool is_body(JsonValue json, Side side);
void write_text(const BodyPlace& place, std::string_view text, Side side);

}  // namespace llmtrail::otlp
