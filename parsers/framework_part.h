// One part of a message's content: OpenTelemetry's {"type": "tool_call", …}, the AI SDK's
// {"type": "tool-call", "toolCallId", …}, Anthropic's blocks, Gemini's {"function_call": …}; and
// tool calls by themselves. For framework_message.cpp. Ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

// A part in a form that OpenAI's content does not have.
bool is_framework_part(JsonValue part);

// `answer`: of the model's answer, whose tool calls are facts of the record.
void write_framework_part(JsonValue part, const BodyPlace& place, MessagesWriter& out, bool answer);

// {"id" | "toolCallId", "name" | "toolName", "arguments" | "args" | "input"}
struct FrameworkCall {
    std::string_view id;
    std::string_view name;
    JsonValue arguments;
};

bool is_framework_call(JsonValue value);  // names a tool and what it is called with
FrameworkCall framework_call_of(JsonValue value);
void add_framework_call(const FrameworkCall& call, const BodyPlace& place, MessagesWriter& out,
                        bool answer);
void write_framework_call(JsonValue call, const BodyPlace& place, MessagesWriter& out, bool answer);
// A list of calls, OpenAI's {"id", "function": {…}} among them, or one call.
void write_framework_calls(JsonValue calls, const BodyPlace& place, MessagesWriter& out,
                           bool answer);

// Does the content hold the calls of the list, in their order? LangChain says Anthropic's twice.
bool holds_calls(JsonValue content, JsonValue calls);

}  // namespace llmtrail
