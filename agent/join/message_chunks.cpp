#include "join/message_chunks.h"

#include <algorithm>

#include "base/json_text.h"
#include "join/raw_json.h"
#include "record/object_list.h"

namespace llmtrail {

namespace {

constexpr std::string_view kFragment = "\"fragment\"";

bool is_string(std::string_view value) {
    return value.size() >= 2 && value.front() == '"' && value.back() == '"';
}

struct Message {
    std::string_view role;
    std::string_view parts;
    bool finished = false;  // more than a name stands beside them
};

Message read_message(std::string_view json) {
    Message message;
    RawMembers members(json);
    std::string_view key;
    std::string_view value;
    while (members.next(key, value)) {
        if (key == "role") {
            message.role = value;
        } else if (key == "parts") {
            message.parts = value;
        } else {
            message.finished = message.finished || key != "name";
        }
    }
    return message;
}

// {"type":…,"content":"…"} and nothing else.
std::optional<CutText> text_of_part(std::string_view message, std::string_view role,
                                    std::string_view part) {
    RawMembers members(part);
    std::string_view key;
    std::string_view type;
    std::string_view content;
    std::string_view more;
    bool form = members.next(key, type) && key == "type" && members.next(key, content) &&
                key == "content" && !members.next(key, more);
    if (!form || !is_string(type) || !is_string(content)) {
        return std::nullopt;
    }
    auto begins = static_cast<size_t>(content.data() - message.data()) + 1;
    return CutText{role, type, begins, begins + content.size() - 2};
}

// Appends {role, content} as a message; false: it has another form.
bool append_read_message(std::string& out, std::string_view json) {
    RawMembers members(json);
    std::string_view key;
    std::string_view value;
    std::string role;
    std::string content;
    while (members.next(key, value)) {
        std::string* to = key == "role" ? &role : key == "content" ? &content : nullptr;
        if (to == nullptr || !is_string(value) || !to->empty()) {
            return false;
        }
        append_unescaped_json(*to, value.substr(1, value.size() - 2));
    }
    if (!json.starts_with('{') || !json.ends_with('}') || role.empty()) {
        return false;
    }
    out += "{\"role\":";
    append_json_string(out, role);
    out += ",\"parts\":[{\"type\":\"text\",\"content\":";
    append_json_string(out, content);
    out += "}]}";
    return true;
}

// The messages of an array as JSON, "" when it is anything else.
std::string messages_in(std::string_view fragment) {
    constexpr std::string_view kSpace = " \t\r\n";
    std::string out;
    RawItems items(fragment);
    std::string_view last;
    for (std::string_view item; items.next(item); last = item) {
        out += out.empty() ? "" : ",";
        if (!append_read_message(out, item)) {
            return {};
        }
    }
    if (out.empty()) {
        return {};
    }
    std::string_view rest =
        fragment.substr(static_cast<size_t>(last.data() - fragment.data()) + last.size());
    size_t close = std::min(rest.find_first_not_of(kSpace), rest.size());
    bool whole = rest.substr(close).starts_with(']') &&
                 rest.find_first_not_of(kSpace, close + 1) == std::string_view::npos;
    return whole ? out : std::string();
}

}  // namespace

std::optional<CutText> text_at_begin(std::string_view message) {
    Message read = read_message(message);
    RawItems parts(read.parts);
    std::string_view first;
    return parts.next(first) ? text_of_part(message, read.role, first) : std::nullopt;
}

std::optional<CutText> text_at_end(std::string_view message) {
    Message read = read_message(message);
    RawItems parts(read.parts);
    std::string_view last;
    for (std::string_view part; parts.next(part);) {
        last = part;
    }
    return read.finished || last.empty() ? std::nullopt : text_of_part(message, read.role, last);
}

std::string with_fragments_read(std::string messages_json) {
    if (messages_json.find(kFragment) == std::string::npos) {
        return messages_json;
    }
    std::string out = "[";
    RawItems items(messages_json);
    for (std::string_view item; items.next(item);) {
        out += out.size() > 1 ? "," : "";
        auto text = text_at_begin(item);
        auto end = text_at_end(item);
        std::string read;
        if (text && end && text->type == kFragment && text->begins == end->begins) {
            std::string fragment;
            append_unescaped_json(fragment, item.substr(text->begins, text->ends - text->begins));
            read = messages_in(fragment);
        }
        out += read.empty() ? item : std::string_view(read);
    }
    return out + "]";
}

}  // namespace llmtrail
