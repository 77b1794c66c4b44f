#include "parsers/framework_part.h"

#include <algorithm>
#include <array>

#include "bodies/anthropic.h"
#include "bodies/gemini_parts.h"
#include "bodies/openai_parts.h"

namespace llmtrail {

namespace {

constexpr std::string_view kIdKeys[] = {"id", "toolCallId", "tool_call_id", "call_id",
                                        "tool_use_id"};
constexpr std::string_view kNameKeys[] = {"name", "toolName", "tool_name"};
constexpr std::string_view kArgumentKeys[] = {"arguments", "args", "input"};
constexpr std::string_view kResultKeys[] = {"response", "result", "output", "content"};

enum class PartForm : uint8_t { kOther, kText, kReasoning, kCall, kResult, kBlock };

struct PartRow {
    std::string_view type;
    PartForm form;
};

constexpr auto kParts = std::to_array<PartRow>({
    {"reasoning", PartForm::kReasoning},
    {"thinking", PartForm::kReasoning},
    {"tool_call", PartForm::kCall},
    {"tool-call", PartForm::kCall},
    {"tool_use", PartForm::kCall},
    {"function_call", PartForm::kCall},
    {"tool_call_response", PartForm::kResult},
    {"tool-result", PartForm::kResult},
    {"tool_result", PartForm::kResult},
    {"function_call_output", PartForm::kResult},
    {"redacted_thinking", PartForm::kBlock},
    {"image", PartForm::kBlock},
    {"document", PartForm::kBlock},
});

PartForm form_of(JsonValue part) {
    std::string_view type = part["type"].text();
    if (type == "text" && part["content"].is_string()) {  // OpenTelemetry's
        return PartForm::kText;
    }
    for (const PartRow& row : kParts) {
        if (row.type == type) {
            bool block = row.form == PartForm::kBlock && type != "redacted_thinking";
            return block && !part["source"].is_object() ? PartForm::kOther : row.form;
        }
    }
    return PartForm::kOther;
}

JsonMember first_of(JsonValue object, std::span<const std::string_view> keys) {
    for (std::string_view key : keys) {
        if (JsonValue value = object[key]; value.exists() && !value.is_null()) {
            return {key, value};
        }
    }
    return {};
}

std::string_view text_of(JsonValue object, std::span<const std::string_view> keys) {
    for (std::string_view key : keys) {
        if (object[key].is_string()) {
            return object[key].text();
        }
    }
    return {};
}

void write_reasoning(JsonValue part, const BodyPlace& place, MessagesWriter& out) {
    constexpr std::string_view kTextKeys[] = {"content", "thinking", "text", "reasoning"};
    JsonMember text = first_of(part, kTextKeys);
    out.reasoning(text.value.text());
    place.keep_others(part, {"type", text.value.is_string() ? text.key : "type"});
}

void write_result(JsonValue part, const BodyPlace& place, MessagesWriter& out) {
    std::string_view id = text_of(part, kIdKeys);
    JsonMember result = first_of(part, kResultKeys);
    out.tool_result(id, result.value);
    add_tool_result(place.scratch(), id, result.value);
    for (JsonMember member : part.members()) {
        bool of_id = member.value.is_string() && member.value.text() == id;
        bool name = std::find(std::begin(kNameKeys), std::end(kNameKeys), member.key) !=
                        std::end(kNameKeys) &&
                    member.value.is_string();
        if (name) {
            place.scratch().tool_names.add_once(member.value.text());
        } else if (member.key != "type" && member.key != result.key && !of_id) {
            place.keep(member.key, member.value);
        }
    }
}

}  // namespace

bool is_framework_call(JsonValue value) {
    return value.is_object() && !text_of(value, kNameKeys).empty() &&
           (first_of(value, kArgumentKeys).value.exists() || value["toolCallId"].is_string());
}

FrameworkCall framework_call_of(JsonValue value) {
    return {text_of(value, kIdKeys), text_of(value, kNameKeys),
            first_of(value, kArgumentKeys).value};
}

void add_framework_call(const FrameworkCall& call, const BodyPlace& place, MessagesWriter& out,
                        bool answer) {
    if (call.arguments.is_string()) {
        out.tool_call(call.id, call.name, call.arguments.text());
    } else {
        out.tool_call(call.id, call.name, call.arguments);
    }
    if (answer) {
        add_tool_call(place.scratch(), call.id, call.name, call.arguments);
    }
}

void write_framework_call(JsonValue call, const BodyPlace& place, MessagesWriter& out,
                          bool answer) {
    FrameworkCall found = framework_call_of(call);
    add_framework_call(found, place, out, answer);
    std::string_view arguments = first_of(call, kArgumentKeys).key;
    for (JsonMember member : call.members()) {
        bool said = member.value.is_string() &&
                    (member.value.text() == found.id || member.value.text() == found.name);
        if (!said && member.key != arguments && member.key != "type") {
            place.keep(member.key, member.value);
        }
    }
}

void write_framework_calls(JsonValue calls, const BodyPlace& place, MessagesWriter& out,
                           bool answer) {
    if (calls.is_object()) {
        write_framework_call(calls, place, out, answer);
        return;
    }
    size_t index = 0;
    for (JsonValue call : calls.items()) {
        BodyPlace here = place.below(index++);
        JsonValue function = call["function"];
        if (!call.is_object()) {
            here.keep(call);
        } else if (function.is_object()) {
            FrameworkCall one = framework_call_of(function);
            one.id = call["id"].text();
            add_framework_call(one, here, out, answer);
            here.keep_others(call, {"id", "function", "type", "index"});
            here.below("function").keep_others(function, {"name", "arguments", "args", "input"});
        } else {
            write_framework_call(call, here, out, answer);
        }
    }
}

bool holds_calls(JsonValue content, JsonValue calls) {
    auto call = calls.items().begin();
    size_t left = calls.is_array() ? calls.size() : 0;
    for (JsonValue part : content.items()) {
        if (form_of(part) == PartForm::kCall) {
            if (left == 0 || text_of(part, kIdKeys) != text_of(*call, kIdKeys)) {
                return false;
            }
            --left;
            ++call;
        }
    }
    return calls.size() > 0 && left == 0;
}

bool is_framework_part(JsonValue part) {
    return part.is_object() && (form_of(part) != PartForm::kOther || gemini::is_part(part));
}

void write_framework_part(JsonValue part, const BodyPlace& place, MessagesWriter& out,
                          bool answer) {
    switch (form_of(part)) {
        case PartForm::kText:
            out.text(part["content"].text());
            place.keep_others(part, {"type", "content"});
            return;
        case PartForm::kReasoning:
            return write_reasoning(part, place, out);
        case PartForm::kCall:
            return write_framework_call(part, place, out, answer);
        case PartForm::kResult:
            return write_result(part, place, out);
        case PartForm::kBlock:
            return write_anthropic_block(place, part, out, answer);
        case PartForm::kOther:
            break;
    }
    // Gemini's parts have no type: the member that is there says what it is.
    if (gemini::is_part(part) || (part["text"].is_string() && !part["type"].exists())) {
        gemini::write_part(gemini::read_part(place, part), out, place.scratch(), answer);
    } else {
        openai::read_content(part, place, out,
                             answer ? openai::Side::kAnswer : openai::Side::kRequest);
    }
}

}  // namespace llmtrail
