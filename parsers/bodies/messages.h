// Writes gen_ai.input.messages and gen_ai.output.messages: an array of {role, parts, finish_reason}
// in the form of OpenTelemetry's GenAI JSON schemas (semantic-conventions-genai, docs/gen-ai:
// gen-ai-input-messages.json), as a superset: what has no part type there is kept as given under
// "type": its own name. Used by every body reader, so that one answer looks the same whichever
// vendor gave it. Ingest thread; reused, no allocation once warm. Calls out of order never fail: a
// part outside a message opens one without a role, an open message is ended by the next.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "json_tree/json_tree.h"

namespace llmtrail {

class MessagesWriter {
 public:
    void clear();

    void begin_message(std::string_view role, std::string_view name = {});
    void text(std::string_view content);       // {"type":"text","content":…}
    void reasoning(std::string_view content);  // {"type":"reasoning","content":…}
    void refusal(std::string_view content);    // {"type":"refusal","content":…}; counts as text
    // A chunk of messages as JSON that was cut anywhere; counts as text. agent/join reads such
    // messages when it has all chunks.
    void fragment(std::string_view json);  // {"type":"fragment","content":…}
    // `arguments`: JSON where the vendor gives JSON, else the text it gives (a JSON string stays a
    // string).
    void tool_call(std::string_view id, std::string_view name, JsonValue arguments);
    void tool_call(std::string_view id, std::string_view name, std::string_view arguments_text);
    void tool_result(std::string_view id, JsonValue response);
    void tool_result(std::string_view id, std::string_view response_text);
    // {"type":"uri","modality":…,"uri":…}; data: URIs become blobs whose content is kept.
    void uri(std::string_view modality, std::string_view uri);
    void blob(std::string_view modality, std::string_view mime_type, std::string_view base64);
    void file(std::string_view modality, std::string_view file_id);
    void given(JsonValue part);  // any other part, whole, as it stands; what is no object as
                                 // {"type":"value",…}
    void end_message(std::string_view finish_reason = {});

    bool empty() const { return messages_ == 0; }

    // Messages that have a role and nothing else say nothing.
    bool has_parts() const { return has_parts_; }

    bool in_message() const { return in_message_; }

    // The array; valid until the next clear() or begin_message().
    std::string_view json();

    bool has_user() const { return has_user_; }  // a message of that role, whatever it holds

    // All text parts of the last message of `role` that has any, joined by a newline. Of "user" the
    // last turn alone counts, also when it has no text: its last message that holds more than
    // results of tools. "user", "assistant" (also called "model") and "system" (also "developer")
    // are kept; others give "".
    std::string_view last_text_of(std::string_view role) const;

    // Text parts of all messages, joined by newlines: llm.audit.response.text.
    std::string_view all_text() const { return texts_; }

 private:
    struct Span {
        size_t offset = 0;
        size_t size = 0;
    };

    void add_text(std::string_view content);
    void begin_part(std::string_view type);
    void member(std::string_view key, std::string_view text);
    void raw_member(std::string_view key, JsonValue value);
    static int speaker_of(std::string_view role);  // index into last_, or -1

    std::string json_ = "[";
    bool closed_ = false;
    bool in_message_ = false;
    bool first_part_ = true;
    bool has_parts_ = false;  // any message
    bool has_user_ = false;
    bool speaks_ = false;  // the open message holds more than results of tools
    size_t messages_ = 0;
    std::string role_;
    std::string texts_;        // of all messages
    size_t message_text_ = 0;  // where the open message's text starts in texts_
    bool message_has_text_ = false;
    std::array<Span, 3> last_;  // texts of the last user, assistant and system message
};

}  // namespace llmtrail
