// The texts of gen_ai.input.messages and gen_ai.output.messages: what llm.audit.prompt.text and
// llm.audit.response.text say about them, by the rule the body readers follow for one body. Used by
// join when messages of several pieces were put together. Never fails: what is no message has no
// text. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace llmtrail {

// The last user turn, "" when it has no text; without any user's message the last system turn, else
// all text. Nothing: no message has text, and none is a user's turn.
std::optional<std::string> prompt_text_of(std::string_view messages_json);

// Text and refusal parts of all messages, joined by newlines. Nothing: there are none.
std::optional<std::string> response_text_of(std::string_view messages_json);

}  // namespace llmtrail
