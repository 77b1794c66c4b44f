// JSON whose raw line deceives nobody: DEL, C1 and characters that hide or turn text around are
// written as \uXXXX, which reads back equal; bytes that are not UTF-8 become U+FFFD. Part of the
// JSON formatter. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace llmtrail {

void append_visible_json_string(std::string& out, std::string_view text);  // quoted
void append_visible_json(std::string& out, std::string_view json);         // is JSON already

}  // namespace llmtrail
