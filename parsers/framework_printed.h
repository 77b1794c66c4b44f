// What Python prints: texts in quotes, and a message's object ("role='user' content='What\'s new?'
// name=None …"), as some frameworks and servers log it. Used by framework_chat.cpp and the
// server_log parser. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace llmtrail {

struct PrintedMessage {
    std::string_view role;  // "" when it begins otherwise, or with a word that is no role
    std::string content;    // without quotes and escapes
    bool whole = false;     // the content was found and ends with its quote
};

// The text between the quote that `rest` begins with and the next one of its kind, without escapes;
// how many bytes it took, quotes included. 0: there is no quote, or no second one; `out` then has
// what there is.
size_t read_printed_text(std::string_view rest, std::string& out);

PrintedMessage read_printed_message(std::string_view text);

}  // namespace llmtrail
