// One chat message as applications and frameworks log it: OpenAI's form, OpenTelemetry's parts,
// LangChain's (constructor, dumped and data form), Gemini's contents, the AI SDK's and Anthropic's
// parts. Written into the scratch of a BodyPlace in the one form all records have. Used by
// framework_chat.cpp and the langfuse and langsmith parsers. Ingest thread; never fails.
#pragma once

#include <cstdint>
#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

enum class ChatSide : uint8_t { kInput, kOutput };

// How content is read. `of_call`: the record is the model call itself, so that the model, the
// counters and the finish reason that stand in an answer are the record's own; in a state that is
// handed on they belong to another record.
struct ChatUse {
    ChatSide side = ChatSide::kInput;
    bool of_call = true;
};

bool is_chat_message(JsonValue value);

// A part of a message's content in one of the forms above: text, tool call, tool result, media.
bool is_chat_part(JsonValue value);

// `reason`: why it ended, where that stands beside the message.
void read_chat_message(JsonValue message, const BodyPlace& place, ChatUse use,
                       std::string_view reason = {});

// Parts, a part or a text as one message of the side's speaker.
void read_chat_parts(JsonValue parts, const BodyPlace& place, ChatUse use);

// A text as a message of the side's speaker; nothing when it is empty.
void add_chat_text(std::string_view text, const BodyPlace& place, ChatSide side);

// Facts about an answer that stand beside its text: LangChain's response_metadata and
// generation_info, the members of an answer's envelope.
void read_answer_facts(JsonValue facts, const BodyPlace& place);
std::string_view finish_reason_in(JsonValue facts);

}  // namespace llmtrail
