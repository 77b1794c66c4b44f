// Messages as Anthropic and Converse write them: {"role", "content"} with content as a text or as
// an array of blocks, and a system prompt of the same forms. What a block is, is the vendor's:
// `write` says it. Called by anthropic*.cpp and converse*.cpp; body.h says how readers behave.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

// One block into the open message of `out`; `of_answer`: the model wrote it.
using BlockWriter = void (*)(const BodyPlace& place, JsonValue block, MessagesWriter& out,
                             bool of_answer);

void write_blocks(const BodyPlace& place, JsonValue content, BlockWriter write, MessagesWriter& out,
                  bool of_answer);

// "messages" of a request.
void read_role_messages(const BodyPlace& place, JsonValue messages, BlockWriter write);

// A message that is an answer; `reason` as the vendor gave it, "" for none.
void read_answer_message(const BodyPlace& place, JsonValue message, BlockWriter write,
                         std::string_view reason);

// The text of a system prompt's block; the rest of the block has its place then. Empty: it has no
// text, and the block is kept whole.
using SystemBlock = std::string_view (*)(const BodyPlace& place, JsonValue block);

void read_system_blocks(const BodyPlace& place, JsonValue system, SystemBlock read);

}  // namespace llmtrail
