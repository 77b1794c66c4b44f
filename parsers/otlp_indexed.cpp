// Content spread over attributes with indexes in their names.
#include <algorithm>
#include <charconv>
#include <map>

#include "bodies/openai_parts.h"
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
    JsonValue audio_url;
};

struct Message {
    std::string_view role;
    std::string_view name;
    std::string_view tool_call_id;
    std::string_view finish_reason;
    std::string_view content_key;
    JsonValue content;
    JsonValue reasoning;
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
    } else if (key == "audio.audio.url" && value.is_string()) {
        content.audio_url = value;
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
        message.content_key = item.key;
    } else if (rest == "reasoning" && item.value.is_string()) {
        message.reasoning = item.value;
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

// Traceloop gives a content of several parts as JSON text.
bool are_parts(JsonValue json) {
    bool parts = json.is_array() && json.size() > 0;
    for (JsonValue part : json.items()) {
        parts = parts && part["type"].is_string();
    }
    return parts;
}

void write_content(const BodyPlace& place, const Message& message, MessagesWriter& out, Side side,
                   JsonPool& pool) {
    PoolScope scope(pool);
    bool traceloop = message.content_key.starts_with("gen_ai.");
    JsonValue json = traceloop ? pool.read_container(message.content.text()) : JsonValue();
    if (are_parts(json)) {
        auto as = side == Side::kOutput ? openai::Side::kAnswer : openai::Side::kRequest;
        openai::read_content(json, place.below(message.content_key), out, as);
    } else {
        out.text(message.content.text());
    }
}

void write_contents(const Message& message, MessagesWriter& out) {
    for (const auto& [index, content] : message.contents) {
        bool thought = content.type == "reasoning" || content.type == "thinking";
        if (content.text.exists()) {
            thought ? out.reasoning(content.text.text()) : out.text(content.text.text());
        }
        if (content.image_url.exists()) {
            out.uri("image", content.image_url.text());
        }
        if (content.audio_url.exists()) {
            out.uri("audio", content.audio_url.text());
        }
    }
}

void write_calls(const Message& message, MessagesWriter& out, BodyScratch& scratch, Side side) {
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
}

void write(const BodyPlace& place, const Message& message, Side side, JsonPool& pool) {
    BodyScratch& scratch = place.scratch();
    MessagesWriter& out = side == Side::kInput ? scratch.input : scratch.output;
    std::string_view role = message.role;
    if (role.empty()) {
        role = side == Side::kInput ? "user" : "assistant";
    }
    out.begin_message(role, message.name);
    if (message.reasoning.exists()) {
        out.reasoning(message.reasoning.text());
    }
    if (!message.tool_call_id.empty() && message.content.exists()) {
        out.tool_result(message.tool_call_id, message.content.text());
        add_tool_result(scratch, message.tool_call_id, message.content);
    } else if (message.content.exists()) {
        write_content(place, message, out, side, pool);
    }
    write_contents(message, out);
    write_calls(message, out, scratch, side);
    if (side == Side::kOutput) {
        add_finish_reason(place.record(), message.finish_reason);
    }
    out.end_message(message.finish_reason.empty()
                        ? message.finish_reason
                        : normalized_finish_reason(message.finish_reason));
}

// Azure's content filter on an answer, as Traceloop gives it.
bool filter_results(const BodyPlace& place, const IndexedItem& item, Side side, JsonPool& pool) {
    if (item.rest != "content_filter_results") {
        return false;
    }
    PoolScope scope(pool);
    JsonValue results = pool.read_container(item.value.text());
    if (results.is_object()) {
        openai::read_filter_results(results, place.below(item.key),
                                    side == Side::kInput ? "input" : "output");
    }
    return results.is_object();
}

}  // namespace

void write_indexed_messages(const BodyPlace& place, const std::vector<IndexedItem>& items,
                            Side side, JsonPool& pool) {
    for (size_t at = 0; at < items.size();) {
        Message message;
        size_t index = items[at].index;
        for (; at < items.size() && items[at].index == index; ++at) {
            if (!take(message, items[at]) && !filter_results(place, items[at], side, pool)) {
                place.keep(items[at].key, items[at].value);
            }
        }
        write(place, message, side, pool);
    }
}

}  // namespace llmtrail::otlp
