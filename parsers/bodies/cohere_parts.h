// The answer side of Cohere's bodies, for cohere*.cpp only.
#pragma once

#include "bodies/body_place.h"

namespace llmtrail::cohere {

// Any answer: generations, chat v1 or v2, embeddings, rerank results.
void read_answer(const BodyPlace& place, JsonValue body);

// "meta" and "usage": counted tokens before billed ones.
void read_meta(const BodyPlace& place, JsonValue meta);
void read_tool_calls(const BodyPlace& place, JsonValue calls);
void read_citations(const BodyPlace& place, std::string_view key, JsonValue citations);

}  // namespace llmtrail::cohere
