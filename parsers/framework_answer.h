// Whole answers of providers and of LangChain's and Google's clients: chat completions with the
// counters frameworks add, LLMResult, Gemini's candidates and requests. For framework_chat.cpp.
// Ingest thread; never fails.
#pragma once

#include "parsers/framework_message.h"

namespace llmtrail {

// {"choices": […]}, {"generations": [[…]]}, {"object": "response", …}, the AI SDK's {"text",
// "toolCalls"}. False: none of them; nothing was written.
bool read_answer(JsonValue object, const BodyPlace& place, ChatUse use);

// {"contents": […], "config": {…}}, {"candidates": […]}, {"content": {"parts": […]}, …} and
// {"new_message": {"parts": […]}}. False: none of them.
bool read_gemini(JsonValue object, const BodyPlace& place, ChatUse use);

}  // namespace llmtrail
