// The answer side of Cohere's bodies, for cohere*.cpp only.
#pragma once

#include "bodies/body_place.h"

namespace llmtrail::cohere {

// Any answer: generations, chat v1 or v2, embeddings, rerank results.
void read_answer(const BodyPlace& place, JsonValue body);

// Where the tokens used are counted; those billed may be fewer.
enum class Counted { kHere, kElsewhere };

// "meta" and "usage": counted tokens before billed ones.
void read_meta(const BodyPlace& place, JsonValue meta, Counted by = Counted::kHere);
void read_tool_calls(const BodyPlace& place, JsonValue calls);
// {"id", "title", "url"}, at the top or, in chat v2, under "document" or "data".
void add_document(BodyScratch& scratch, JsonValue document, std::string_view action);
void read_citations(const BodyPlace& place, std::string_view key, JsonValue citations);

}  // namespace llmtrail::cohere
