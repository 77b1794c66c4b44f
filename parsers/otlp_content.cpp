#include "parsers/otlp_content.h"

#include "bodies/openai.h"
#include "bodies/openai_parts.h"

namespace llmtrail::otlp {

namespace {

void write_part(const BodyPlace& place, JsonValue part, MessagesWriter& out, Side side) {
    std::string_view type = part["type"].text();
    JsonValue content = part["content"];
    if (part.is_string()) {
        out.text(part.text());
    } else if (type == "text" && content.is_string()) {
        out.text(content.text());
        place.keep_others(part, {"type", "content"});
    } else if (type == "reasoning" && content.is_string()) {
        out.reasoning(content.text());
        place.keep_others(part, {"type", "content"});
    } else if (type == "tool_call") {
        out.tool_call(part["id"].text(), part["name"].text(), part["arguments"]);
        if (side == Side::kOutput) {
            add_tool_call(place.scratch(), part["id"].text(), part["name"].text(),
                          part["arguments"]);
        }
        place.keep_others(part, {"type", "id", "name", "arguments"});
    } else if (type == "tool_call_response") {
        JsonValue response = part["response"].exists() ? part["response"] : part["result"];
        out.tool_result(part["id"].text(), response);
        add_tool_result(place.scratch(), part["id"].text(), response);
        place.keep_others(part, {"type", "id", "response", "result"});
    } else {
        out.given(part);
    }
}

bool has_request_keys(JsonValue json) {
    return json["messages"].is_array() || json["contents"].is_array() || json["prompt"].exists() ||
           (json["model"].is_string() && json.size() > 1) ||
           (json["input"].exists() && json.size() > 1);
}

bool has_response_keys(JsonValue json) {
    return json["choices"].is_array() || json["object"].is_string() ||
           (json["data"].is_array() && json.size() > 1) || json["usage"].is_object() ||
           (json["output"].is_array() && json["id"].is_string());
}

bool is_message(JsonValue json) {
    return json["role"].is_string() &&
           (json["content"].exists() || json["parts"].is_array() || json["tool_calls"].is_array());
}

bool has_text(JsonValue message) {
    if (!message["content"].text().empty()) {
        return true;
    }
    for (JsonValue part : message["parts"].items()) {
        if (!part["content"].text().empty() || !part.text().empty()) {
            return true;
        }
    }
    return false;
}

}  // namespace

bool says_something(JsonValue messages) {
    for (JsonValue message : messages.items()) {
        if (has_text(message)) {
            return true;
        }
    }
    return has_text(messages);
}

void write_message(const BodyPlace& place, JsonValue message, Side side, std::string_view reason) {
    if (!message.is_object()) {
        write_text(place, message.text(), side);
        if (!message.is_string()) {
            place.keep(message);
        }
        return;
    }
    if (message["finish_reason"].is_string()) {
        reason = message["finish_reason"].text();
    }
    if (side == Side::kOutput) {
        add_finish_reason(place.record(), reason);
    }
    std::string_view normalized = reason.empty() ? reason : normalized_finish_reason(reason);
    if (!message["parts"].is_array()) {
        auto as = side == Side::kOutput ? openai::Side::kAnswer : openai::Side::kRequest;
        openai::read_message(message, place, as, normalized);
        return;
    }
    MessagesWriter& out = side == Side::kInput ? place.scratch().input : place.scratch().output;
    out.begin_message(message["role"].text(), message["name"].text());
    BodyPlace parts = place.below("parts");
    size_t index = 0;
    for (JsonValue part : message["parts"].items()) {
        write_part(parts.below(index++), part, out, side);
    }
    out.end_message(normalized);
    place.keep_others(message, {"role", "name", "parts", "finish_reason"});
}

void write_messages(const BodyPlace& place, JsonValue messages, Side side) {
    if (!messages.is_array()) {
        write_message(place, messages, side);
        return;
    }
    size_t index = 0;
    for (JsonValue message : messages.items()) {
        write_message(place.below(index++), message, side);
    }
}

void write_system(const BodyPlace& place, JsonValue parts) {
    if (parts.is_string()) {
        add_system_text(place.scratch(), parts.text());
        return;
    }
    size_t index = 0;
    for (JsonValue part : parts.items()) {
        BodyPlace here = place.below(index++);
        if (part["content"].is_string()) {
            add_system_text(place.scratch(), part["content"].text());
            here.keep_others(part, {"type", "content"});
        } else if (part.is_string()) {
            add_system_text(place.scratch(), part.text());
        } else {
            here.keep(part);
        }
    }
    if (!parts.is_array()) {
        place.keep(parts);
    }
}

void write_text(const BodyPlace& place, std::string_view text, Side side) {
    if (text.empty()) {
        return;
    }
    MessagesWriter& out = side == Side::kInput ? place.scratch().input : place.scratch().output;
    out.begin_message(side == Side::kInput ? "user" : "assistant");
    out.text(text);
    out.end_message();
}

bool is_body(JsonValue json, Side side) {
    if (json.is_array()) {
        bool messages = json.size() > 0;
        for (JsonValue item : json.items()) {
            messages = messages && is_message(item);
        }
        return messages;
    }
    return is_message(json) ||
           (side == Side::kInput ? has_request_keys(json) : has_response_keys(json));
}

bool write_body(const BodyPlace& place, JsonValue json, Side side) {
    if (!is_body(json, side)) {
        return false;
    }
    if (json.is_array() || is_message(json)) {
        write_messages(place, json, side);
    } else if (side == Side::kInput) {
        read_openai_request(json, place.path(), place.scratch(), place.record());
    } else {
        read_openai_response(json, place.path(), place.scratch(), place.record());
    }
    return true;
}

}  // namespace llmtrail::otlp
