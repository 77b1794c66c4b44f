#include "join/message_texts.h"

#include "join/raw_json.h"
#include "record/object_list.h"

namespace llmtrail {

namespace {

std::string_view inside_of_string(std::string_view value) {
    bool is_string = value.size() >= 2 && value.front() == '"';
    return is_string ? value.substr(1, value.size() - 2) : std::string_view();
}

void append_line(std::string& out, std::string_view escaped) {
    if (escaped.empty()) {
        return;
    }
    if (!out.empty()) {
        out.push_back('\n');
    }
    append_unescaped_json(out, escaped);
}

// Returns the part's type, as JSON.
std::string_view append_part(std::string& out, std::string_view part) {
    RawMembers members(part);
    std::string_view key;
    std::string_view value;
    std::string_view type;
    std::string_view content;
    while (members.next(key, value)) {
        if (key == "type") {
            type = value;
        } else if (key == "content") {
            content = inside_of_string(value);
        }
    }
    if (type == "\"text\"" || type == "\"refusal\"" || type == "\"fragment\"") {
        append_line(out, content);
    }
    return type;
}

struct Speaker {
    std::string_view role;
    bool speaks = false;  // it holds more than results of tools
};

// Appends a message's text.
Speaker append_message(std::string& out, std::string_view message) {
    RawMembers members(message);
    std::string_view key;
    std::string_view value;
    Speaker speaker;
    while (members.next(key, value)) {
        if (key == "role") {
            speaker.role = inside_of_string(value);
        } else if (key == "parts") {
            RawItems parts(value);
            for (std::string_view part; parts.next(part);) {
                bool result = append_part(out, part) == "\"tool_call_response\"";
                speaker.speaks = speaker.speaks || !result;
            }
        }
    }
    return speaker;
}

}  // namespace

std::optional<std::string> prompt_text_of(std::string_view messages_json) {
    std::optional<std::string> user;
    std::optional<std::string> system;
    bool has_user = false;
    RawItems messages(messages_json);
    for (std::string_view message; messages.next(message);) {
        std::string text;
        Speaker speaker = append_message(text, message);
        has_user = has_user || speaker.role == "user";
        if (speaker.role == "user" && speaker.speaks) {
            user = std::move(text);
        } else if (!text.empty() && (speaker.role == "system" || speaker.role == "developer")) {
            system = std::move(text);
        }
    }
    if (has_user) {
        return user.value_or("");
    }
    return system ? system : response_text_of(messages_json);
}

std::optional<std::string> response_text_of(std::string_view messages_json) {
    std::string text;
    RawItems messages(messages_json);
    for (std::string_view message; messages.next(message);) {
        append_message(text, message);
    }
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace llmtrail
