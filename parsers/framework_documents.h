// Documents that a retriever or a search found, as frameworks log them: LangChain's Document
// ({"page_content", "metadata"}, plain or as a constructor), LlamaIndex' nodes, vector stores'
// hits. Each becomes one llm.audit.data_sources element; its text is kept. Used by the langfuse and
// langsmith parsers. Ingest thread; never fails.
#pragma once

#include "bodies/body_place.h"

namespace llmtrail {

// Does the list hold documents by their own members?
bool is_document_list(JsonValue list);

// Each element of the list; elements that are no objects are kept.
void read_documents(JsonValue list, const BodyPlace& place);

// What describes the source of one document or of a whole retrieval: {"source": "slack", "channel",
// "ts"}. False, and nothing is done: it names none.
bool names_source(JsonValue object);
void read_document(JsonValue document, const BodyPlace& place);

}  // namespace llmtrail
