// Messages that a source cut anywhere to write them in chunks: which text of one chunk goes on in
// the next, and the messages that fragments of JSON make once they are put together. Used by join
// on what the body readers wrote (bodies/messages.h). Work is that of reading a message once. Never
// fails: what has no such form is left as it is. Pure, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrail {

// A text that a message begins or ends with.
struct CutText {
    std::string_view role;  // as JSON; "" when the message has none
    std::string_view type;  // of its part, as JSON
    size_t begins = 0;      // where its first byte stands in the message
    size_t ends = 0;        // where its closing quote stands

    bool goes_on_in(const CutText& next) const { return role == next.role && type == next.type; }
};

// Of the first part, when that is a text.
std::optional<CutText> text_at_begin(std::string_view message);
// Of the last part, when that is a text and the message was not finished (finish_reason).
std::optional<CutText> text_at_end(std::string_view message);

// Each message that is one fragment, as the messages that the fragment holds: an array of
// {role, content} as JSON, whole and with nothing else in it. Others stay fragments.
std::string with_fragments_read(std::string messages_json);

}  // namespace llmtrail
