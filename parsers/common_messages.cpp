#include <array>

#include "parsers/collected_members.h"
#include "parsers/common_lists.h"

namespace llmtrail {

namespace {

void add_content(JsonValue content, BodyScratch& scratch) {
    if (content.is_string()) {
        scratch.input.text(content.text());
        return;
    }
    for (JsonValue part : content.items()) {
        if (part.is_string()) {
            scratch.input.text(part.text());
        } else if (part["type"].text() == "text") {
            scratch.input.text(part["text"].text());
        } else {
            scratch.input.given(part);
        }
    }
    if (content.is_object()) {
        scratch.input.given(content);
    }
}

void add_message(JsonValue message, std::string_view path, BodyScratch& scratch) {
    std::string_view role = message["role"].text();
    scratch.input.begin_message(role.empty() ? "user" : role, message["name"].text());
    std::string_view content_key = message["content"].exists() ? "content" : "text";
    add_content(message[content_key], scratch);
    scratch.input.end_message();
    for (JsonMember member : message.members()) {
        bool placed = member.key == content_key ||
                      (member.value.is_string() && (member.key == "role" || member.key == "name"));
        if (!placed) {
            keep_redacted(path, member.key, member.value, scratch.unmapped);
        }
    }
}

struct ToolCall {
    JsonValue id;
    JsonValue name;
    JsonValue arguments;
    JsonValue result;
};

struct ToolNames {
    std::string_view names;
    JsonValue ToolCall::*meaning;
};

constexpr auto kToolNames = std::to_array<ToolNames>({
    {"id callid toolcallid", &ToolCall::id},
    {"name tool toolname", &ToolCall::name},
    {"arguments args input parameters", &ToolCall::arguments},
    {"result output response", &ToolCall::result},
});

constexpr auto kToolMap = name_map_of<64>(kToolNames);
static_assert(kToolMap.is_sound());

// {"id", "name", "arguments", "result"}, also with the name and arguments in a "function" object.
void add_tool(JsonValue object, std::string_view path, BodyScratch& scratch) {
    ToolCall call;
    for (JsonMember member : object.members()) {
        NormalizedKey key(member.key);
        auto* meaning = kToolMap.find(key);
        JsonValue* place = meaning == nullptr ? nullptr : &(call.**meaning);
        bool of_text = place == &call.id || place == &call.name;
        if (key == "function" && member.value.is_object() && !call.name.exists()) {
            call.name = member.value["name"];
            call.arguments = member.value["arguments"];
        } else if (place != nullptr && !place->exists() && (!of_text || member.value.is_string())) {
            *place = member.value;
        } else {
            keep_redacted(path, member.key, member.value, scratch.unmapped);
        }
    }
    add_tool_call(scratch, call.id.text(), call.name.text(), call.arguments);
    if (call.result.exists() && !call.result.is_null()) {
        add_tool_result(scratch, call.id.text(), call.result);
    }
}

// `path`: where the value itself stands.
void add_tool_or_name(JsonValue value, std::string_view path, BodyScratch& scratch) {
    if (value.is_object()) {
        add_tool(value, path, scratch);
    } else if (value.is_string() && !value.text().empty()) {
        scratch.tool_names.add_once(value.text());
    } else {
        scratch.unmapped.add(path, value);
    }
}

}  // namespace

void add_common_tools(JsonValue value, std::string_view path, BodyScratch& scratch) {
    if (!value.is_array()) {
        add_tool_or_name(value, path, scratch);
        return;
    }
    size_t index = 0;
    for (JsonValue item : value.items()) {
        add_tool_or_name(item, joined_path(path, std::to_string(index++)), scratch);
    }
}

void add_common_messages(JsonValue value, std::string_view role, std::string_view path,
                         BodyScratch& scratch) {
    if (value.is_string() && !value.text().empty()) {
        scratch.input.begin_message(role);
        scratch.input.text(value.text());
        scratch.input.end_message();
        return;
    }
    if (!value.is_array()) {
        scratch.unmapped.add(path, value);
        return;
    }
    size_t index = 0;
    for (JsonValue item : value.items()) {
        std::string name = std::to_string(index++);
        if (item.is_object()) {
            add_message(item, joined_path(path, name), scratch);
        } else if (item.is_string()) {
            scratch.input.begin_message(role);
            scratch.input.text(item.text());
            scratch.input.end_message();
        } else {
            keep_redacted(path, name, item, scratch.unmapped);
        }
    }
}

}  // namespace llmtrail
