// What a call or a step was given and what it gave back, as applications and frameworks log it: a
// text, messages, a request or an answer of a provider, LangChain's LLMResult and graph states,
// Gemini's contents, the AI SDK's tool calls, or one text under a name such as "question". Used by
// the langfuse and langsmith parsers. Ingest thread; never fails.
#pragma once

#include "parsers/framework_message.h"

namespace llmtrail {

// Writes what `value` says into the scratch, and what it says beside into fields or Unmapped.
// False: it is no chat; nothing was written or kept.
bool read_chat(JsonValue value, const BodyPlace& place, ChatUse use);

// The answer as the record's text: where others speak in the output too (a graph's state holds the
// whole conversation), the assistant's last text alone. After store_messages().
void set_answer_text(const BodyScratch& scratch, AuditRecord& record);

// Tools offered to the model, unless the record has them; then what differs is kept.
void read_tool_definitions(JsonValue tools, const BodyPlace& place, std::string_view key);

}  // namespace llmtrail
