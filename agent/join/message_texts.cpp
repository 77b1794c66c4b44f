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

void append_part(std::string& out, std::string_view part) {
    RawMembers members(part);
    std::string_view key;
    std::string_view value;
    bool spoken = false;
    std::string_view content;
    while (members.next(key, value)) {
        if (key == "type") {
            spoken = value == "\"text\"" || value == "\"refusal\"";
        } else if (key == "content") {
            content = inside_of_string(value);
        }
    }
    if (spoken) {
        append_line(out, content);
    }
}

// Appends a message's text and returns its role.
std::string_view append_message(std::string& out, std::string_view message) {
    RawMembers members(message);
    std::string_view key;
    std::string_view value;
    std::string_view role;
    while (members.next(key, value)) {
        if (key == "role") {
            role = inside_of_string(value);
        } else if (key == "parts") {
            RawItems parts(value);
            for (std::string_view part; parts.next(part);) {
                append_part(out, part);
            }
        }
    }
    return role;
}

}  // namespace

std::string prompt_text_of(std::string_view messages_json) {
    std::string user;
    std::string system;
    RawItems messages(messages_json);
    for (std::string_view message; messages.next(message);) {
        std::string text;
        std::string_view role = append_message(text, message);
        if (text.empty()) {
            continue;
        }
        if (role == "user") {
            user = std::move(text);
        } else if (role == "system" || role == "developer") {
            system = std::move(text);
        }
    }
    if (!user.empty()) {
        return user;
    }
    return system.empty() ? response_text_of(messages_json) : system;
}

std::string response_text_of(std::string_view messages_json) {
    std::string text;
    RawItems messages(messages_json);
    for (std::string_view message; messages.next(message);) {
        append_message(text, message);
    }
    return text;
}

}  // namespace llmtrail
