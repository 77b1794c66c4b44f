#include <algorithm>

#include "bodies/ollama.h"
#include "bodies/ollama_parts.h"
#include "bodies/openai.h"

namespace llmtrail {

namespace ollama {

void write_images(JsonValue images, const BodyPlace& place, MessagesWriter& out) {
    size_t index = 0;
    for (JsonValue image : images.items()) {
        BodyPlace here = place.below(index++);
        image.is_string() ? out.blob("image", {}, image.text()) : here.keep(image);
    }
    if (!images.is_array()) {
        place.keep(images);
    }
}

// {"id", "function": {"name", "arguments": {…}, "index"}}
void write_calls(JsonValue calls, const BodyPlace& place, MessagesWriter& out, bool answer) {
    size_t index = 0;
    for (JsonValue call : calls.items()) {
        BodyPlace here = place.below(index++);
        JsonValue function = call["function"];
        if (!function.is_object()) {
            here.keep(call);
            continue;
        }
        std::string_view id = call["id"].text();
        std::string_view name = function["name"].text();
        out.tool_call(id, name, function["arguments"]);
        if (answer) {
            add_tool_call(place.scratch(), id, name, function["arguments"]);
        }
        here.keep_unless_text(call, {"id"});
        here.keep_others(call, {"id", "function", "type"});
        BodyPlace inner = here.below("function");
        inner.keep_unless_text(function, {"name"});
        inner.keep_others(function, {"name", "arguments", "index"});
    }
    if (!calls.is_array()) {
        place.keep(calls);
    }
}

void write_parts(JsonValue message, const BodyPlace& place, MessagesWriter& out, bool answer) {
    if (std::string_view thinking = message["thinking"].text(); !thinking.empty()) {
        out.reasoning(thinking);
    }
    if (std::string_view content = message["content"].text(); !content.empty()) {
        out.text(content);
    }
    for (auto [key, value] : message.members()) {
        BodyPlace here = place.below(key);
        if (value.is_null() ||
            (value.is_string() && (key == "role" || key == "content" || key == "thinking"))) {
            continue;
        }
        if (key == "images") {
            write_images(value, here, out);
        } else if (key == "tool_calls") {
            write_calls(value, here, out, answer);
        } else {
            here.keep(value);
        }
    }
}

}  // namespace ollama

namespace {

using ollama::write_images;
using ollama::write_parts;

constexpr MemberField kRequestMembers[] = {
    {"model", Field::kGenAiRequestModel},
    {"stream", Field::kGenAiRequestStream},
    {"tools", Field::kGenAiToolDefinitions},
};

constexpr MemberField kOptions[] = {
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
    {"top_k", Field::kGenAiRequestTopK},
    {"num_predict", Field::kGenAiRequestMaxTokens},
    {"seed", Field::kGenAiRequestSeed},
    {"stop", Field::kGenAiRequestStopSequences},
    {"frequency_penalty", Field::kGenAiRequestFrequencyPenalty},
    {"presence_penalty", Field::kGenAiRequestPresencePenalty},
};

constexpr std::string_view kParameters[] = {
    "keep_alive", "raw",      "template", "suffix",     "context",      "think",
    "truncate",   "logprobs", "format",   "dimensions", "top_logprobs",
};

void read_tool_message(JsonValue message, const BodyPlace& place) {
    std::string_view id = message["tool_call_id"].text();
    MessagesWriter& out = place.scratch().input;
    out.begin_message("tool", message["tool_name"].text());
    out.tool_result(id, message["content"]);
    add_tool_result(place.scratch(), id.empty() ? message["tool_name"].text() : id,
                    message["content"]);
    place.keep_unless_text(message, {"tool_call_id", "tool_name"});
    place.keep_others(message, {"role", "content", "tool_call_id", "tool_name"});
    out.end_message();
}

void read_messages(JsonValue messages, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().input;
    size_t index = 0;
    for (JsonValue message : messages.items()) {
        BodyPlace here = place.below(index++);
        std::string_view role = message["role"].text();
        if (!message.is_object()) {
            here.keep(message);
        } else if (role == "tool") {
            read_tool_message(message, here);
        } else {
            out.begin_message(role);
            write_parts(message, here, out, false);
            out.end_message();
        }
    }
    if (!messages.is_array()) {
        place.keep(messages);
    }
}

void read_options(JsonValue options, const BodyPlace& place) {
    for (auto [key, value] : options.members()) {
        if (!place.fill_member(kOptions, key, value)) {
            add_member(place.scratch().parameters, key, value);
        }
    }
    if (!options.is_object()) {
        place.keep(options);
    }
}

// "prompt" of generate and of the older embeddings call, with its images; "input" of embed.
void read_prompt(JsonValue body, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().input;
    JsonValue prompt = body[body["prompt"].exists() ? "prompt" : "input"];
    if (!prompt.is_string() && !prompt.is_array()) {
        return;
    }
    out.begin_message("user");
    if (prompt.is_string()) {
        out.text(prompt.text());
    }
    for (JsonValue item : prompt.items()) {
        item.is_string() ? out.text(item.text()) : out.given(item);
    }
    if (body["images"].exists() && !body["images"].is_null()) {
        write_images(body["images"], place.below("images"), out);
    }
    out.end_message();
}

// A path such as /api/chat may be another server's, whose bodies are OpenAI's: Ollama's messages
// have no parts.
bool has_parts(JsonValue messages) {
    for (JsonValue message : messages.items()) {
        if (message["content"].is_array()) {
            return true;
        }
    }
    return false;
}

}  // namespace

void read_ollama_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record) {
    if (has_parts(body["messages"])) {
        read_openai_request(body, path, scratch, record);
        return;
    }
    BodyPlace place(path, scratch, record);
    for (auto [key, value] : body.members()) {
        BodyPlace here = place.below(key);
        bool prompt =
            (key == "prompt" || key == "input") && (value.is_string() || value.is_array());
        if (value.is_null() || prompt || key == "images" ||
            place.fill_member(kRequestMembers, key, value)) {
            continue;
        }
        if (key == "messages") {
            read_messages(value, here);
        } else if (key == "options") {
            read_options(value, here);
        } else if (key == "system" && value.is_string()) {
            add_system_text(scratch, value.text());
        } else if (std::find(std::begin(kParameters), std::end(kParameters), key) !=
                   std::end(kParameters)) {
            bool json = key == "format" && (value.text() == "json" || value.size() > 0);
            fill_text(record, Field::kGenAiOutputType, json ? "json" : "");
            add_member(scratch.parameters, key, value);
        } else {
            here.keep(value);
        }
    }
    read_prompt(body, place);
}

}  // namespace llmtrail
