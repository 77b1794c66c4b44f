// Streamed bodies kept as text: server-sent events ("data: {...}" lines; WHATWG HTML, 9.2) and
// lines of JSON. Used by parsers whose documents hold a stream's text in a string. A stream may be
// cut anywhere; what can be read is given, and whether all could. Ingest thread; the chunks are
// valid until the next read.
#pragma once

#include <string>
#include <string_view>

#include "json_tree/json_tree.h"

namespace llmtrail {

struct StreamText {
    JsonValue chunks;   // array of the JSON values, in order
    bool done = false;  // "[DONE]" was read
    std::string_view
        unreadable;  // first data that is no JSON, a view into the text; empty when all is
};

class SseReader {
 public:
    static bool is_event_stream(std::string_view text);
    static bool is_json_lines(std::string_view text);  // more than one line that starts with '{'

    StreamText read_events(std::string_view text);
    StreamText read_json_lines(std::string_view text);

    const JsonTree& tree() const { return tree_; }

 private:
    enum class Form { kEvents, kJsonLines };
    StreamText read(std::string_view text, Form form);
    void read_singly(std::string_view text, Form form, StreamText& stream);

    JsonTree tree_;
    JsonTree probe_;
    std::string array_;
};

}  // namespace llmtrail
