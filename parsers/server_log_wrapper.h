// The JSON that journald and Docker's json-file driver wrap around a line of a server's log. Used
// by server_log. Pure; ingest thread.
#pragma once

#include <string>
#include <string_view>

#include "json_tree/json_tree.h"

namespace llmtrail {

// Names of members.
struct LineWrapper {
    std::string_view line;
    std::string_view time;
    std::string_view sure;  // one that every wrapper of the kind has
    bool is_journal = false;
};

// Null: there is none.
const LineWrapper* wrapper_of(JsonValue document);

// A wrapper's line. Of one with unprintable bytes journald writes an array of its bytes: then the
// text is put into `bytes`. "": it is none.
std::string_view text_of_line(JsonValue line, std::string& bytes);

std::string_view without_line_end(std::string_view text);

}  // namespace llmtrail
