// Content spread over attributes with indexes in their names.
#include <algorithm>
#include <charconv>
#include <map>

#include "parsers/otlp_content.h"

namespace llmtrail::otlp {

namespace {

// "3.foo" as 3 and "foo".
bool split_index(std::string_view text, size_t& index, std::string_view& rest) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    size_t used = static_cast<size_t>(end - text.data());
    if (error != std::errc() || used >= text.size() || text[used] != '.') {
        return false;
    }
    rest = text.substr(used + 1);
    return true;
}

void drop_prefix(std::string_view& text, std::string_view prefix) {
    if (text.starts_with(prefix)) {
        text.remove_prefix(prefix.size());
    }
}

struct Call {
    std::string_view id;
    std::string_view name;
    JsonValue arguments;
};

struct Content {
    std::string_view type;
    JsonValue text;
    JsonValue image_url;
};

struct Message {
    std::string_view role;
    std::string_view name;
    std::string_view tool_call_id;
    std::string_view finish_reason;
    JsonValue content;
    std::map<size_t, Call> calls;
    std::map<size_t, Content> contents;
};

bool take_call(Message& message, std::string_view rest, JsonValue value) {
    size_t index = 0;
    std::string_view key;
    if (!split_index(rest, index, key)) {
        return false;
    }
    drop_prefix(key, "tool_call.");
    drop_prefix(key, "function.");
    Call& call = message.calls[index];
    if (key == "id" && value.is_string()) {
        call.id = value.text();
    } else if (key == "name" && value.is_string()) {
        call.name = value.text();
    } else if (key == "arguments") {
        call.arguments = value;
    } else {
        return false;
    }
    return true;
}

bool take_content(Message& message, std::string_view rest, JsonValue value) {
    size_t index = 0;
    std::string_view key;
    if (!split_index(rest, index, key)) {
        return false;
    }
    drop_prefix(key, "message_content.");
    Content& content = message.contents[index];
    if (key == "type" && value.is_string()) {
        content.type = value.text();
    } else if (key == "text" && value.is_string()) {
        content.text = value;
    } else if (key == "image.image.url" && value.is_string()) {
        content.image_url = value;
    } else {
        return false;
    }
    return true;
}

bool take(Message& message, const IndexedItem& item) {
    std::string_view rest = item.rest;
    drop_prefix(rest, "message.");
    if (rest == "role" && item.value.is_string()) {
        message.role = item.value.text();
    } else if (rest == "content" && item.value.is_string()) {
        message.content = item.value;
    } else if (rest == "name" && item.value.is_string()) {
        message.name = item.value.text();
    } else if (rest == "tool_call_id" && item.value.is_string()) {
        message.tool_call_id = item.value.text();
    } else if (rest == "finish_reason" && item.value.is_string()) {
        message.finish_reason = item.value.text();
    } else if (rest == "function_call_name" && item.value.is_string()) {
        message.calls[0].name = item.value.text();
    } else if (rest == "function_call_arguments_json") {
        message.calls[0].arguments = item.value;
    } else if (rest.starts_with("tool_calls.")) {
        return take_call(message, rest.substr(std::string_view("tool_calls.").size()), item.value);
    } else if (rest.starts_with("contents.")) {
        return take_content(message, rest.substr(std::string_view("contents.").size()), item.value);
    } else {
        return false;
    }
    return true;
}

void write(const BodyPlace& place, const Message& message, Side side) {
    BodyScratch& scratch = place.scratch();
    MessagesWriter& out = side == Side::kInput ? scratch.input : scratch.output;
    std::string_view role = message.role;
    if (role.empty()) {
        role = side == Side::kInput ? "user" : "assistant";
    }
    out.begin_message(role, message.name);
    if (!message.tool_call_id.empty() && message.content.exists()) {
        out.tool_result(message.tool_call_id, message.content.text());
        add_tool_result(scratch, message.tool_call_id, message.content);
    } else if (message.content.exists()) {
        out.text(message.content.text());
    }
    for (const auto& [index, content] : message.contents) {
        if (content.text.exists()) {
            out.text(content.text.text());
        }
        if (content.image_url.exists()) {
            out.uri("image", content.image_url.text());
        }
    }
    for (const auto& [index, call] : message.calls) {
        if (call.arguments.is_string()) {
            out.tool_call(call.id, call.name, call.arguments.text());
        } else {
            out.tool_call(call.id, call.name, call.arguments);
        }
        if (side == Side::kOutput) {
            add_tool_call(scratch, call.id, call.name, call.arguments);
        }
    }
    if (side == Side::kOutput) {
        add_finish_reason(place.record(), message.finish_reason);
    }
    out.end_message(message.finish_reason.empty()
                        ? message.finish_reason
                        : normalized_finish_reason(message.finish_reason));
}

struct Document {
    std::string_view id;
    std::string_view content;
    std::optional<double> score;
    JsonValue metadata;
};

}  // namespace

void write_indexed_messages(const BodyPlace& place, const std::vector<IndexedItem>& items,
                            Side side) {
    for (size_t at = 0; at < items.size();) {
        Message message;
        size_t index = items[at].index;
        for (; at < items.size() && items[at].index == index; ++at) {
            if (!take(message, items[at])) {
                place.keep(items[at].key, items[at].value);
            }
        }
        write(place, message, side);
    }
}

void write_indexed_documents(const BodyPlace& place, const std::vector<IndexedItem>& items,
                             JsonPool& pool) {
    for (size_t at = 0; at < items.size();) {
        PoolScope scope(pool);
        DataSource source;
        source.type = "document";
        size_t index = items[at].index;
        std::string number;
        for (; at < items.size() && items[at].index == index; ++at) {
            std::string_view rest = items[at].rest;
            JsonValue value = items[at].value;
            drop_prefix(rest, "document.");
            if (rest == "id" && value.is_number()) {
                number = value.json();
                source.id = number;
            } else if (rest == "id" && value.is_string()) {
                source.id = value.text();
            } else if (rest == "score" && value.is_number()) {
                source.score = value.real();
            } else if (rest == "metadata") {
                JsonValue metadata = pool.read_container(value.text());
                source.name = metadata["title"].text();
                source.uri = metadata["url"].is_string() ? metadata["url"].text()
                                                         : metadata["source"].text();
                place.keep(items[at].key, value);
            } else {
                place.keep(items[at].key, value);
            }
        }
        add_data_source(place.scratch(), source);
    }
}

void write_documents(const BodyPlace& place, JsonValue documents) {
    constexpr std::string_view kNames[] = {"name", "title"};
    constexpr std::string_view kUris[] = {"uri", "url", "source"};
    auto text_of = [](JsonValue object, auto& keys) {
        for (std::string_view key : keys) {
            if (object[key].is_string()) {
                return object[key].text();
            }
        }
        return std::string_view();
    };
    size_t index = 0;
    for (JsonValue document : documents.items()) {
        BodyPlace here = place.below(index++);
        DataSource source;
        source.type = document["type"].is_string() ? document["type"].text() : "document";
        std::string number = document["id"].is_number() ? document["id"].json() : std::string();
        source.id = number.empty() ? document["id"].text() : number;
        source.name = text_of(document, kNames);
        source.uri = text_of(document, kUris);
        source.score = document["score"].real();
        add_data_source(place.scratch(), source);
        if (!document.is_object()) {
            here.keep(document);
            continue;
        }
        for (JsonMember member : document.members()) {
            bool used = member.key == "id" || (member.key == "score" && source.score) ||
                        (member.key == "type" && member.value.is_string()) ||
                        (member.value.is_string() &&
                         (member.value.text() == source.name || member.value.text() == source.uri));
            if (!used) {
                here.keep(member.key, member.value);
            }
        }
    }
}

}  // namespace llmtrail::otlp
