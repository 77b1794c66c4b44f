// Assistants: assistants, threads, their messages and runs, and the events of a streamed run.
#include <string>
#include <vector>

#include "bodies/openai_parts.h"

namespace llmtrail::openai {

namespace {

constexpr MemberField kRunFields[] = {
    {"id", Field::kGenAiResponseId},
    {"created_at", Field::kGenAiResponseCreated},
    {"model", Field::kGenAiResponseModel},
    {"status", Field::kGenAiResponseStatus},
    {"thread_id", Field::kGenAiConversationId},
    {"assistant_id", Field::kGenAiAgentId},
};

constexpr MemberField kThreadFields[] = {
    {"id", Field::kGenAiConversationId},
    {"created_at", Field::kGenAiResponseCreated},
};

constexpr MemberField kAssistantFields[] = {
    {"id", Field::kGenAiAgentId},
    {"name", Field::kGenAiAgentName},
    {"created_at", Field::kGenAiResponseCreated},
    {"model", Field::kGenAiResponseModel},
};

std::span<const MemberField> fields_of(std::string_view object) {
    if (object == "thread") {
        return kThreadFields;
    }
    return object == "assistant" ? std::span<const MemberField>(kAssistantFields) : kRunFields;
}

// The answer of "add a message" repeats it: kept only when it differs from the request's.
void read_thread_content(JsonValue content, std::string_view role, const BodyPlace& place) {
    BodyScratch& scratch = place.scratch();
    if (role == "assistant") {
        scratch.output.begin_message(role);
        read_content(content, place, scratch.output, Side::kAnswer);
        scratch.output.end_message();
        return;
    }
    if (scratch.input.empty()) {
        scratch.input.begin_message(role);
        read_content(content, place, scratch.input, Side::kRequest);
        scratch.input.end_message();
        return;
    }
    std::string_view said = scratch.input.last_text_of("user");
    JsonValue first = content.size() == 1 ? *content.items().begin() : JsonValue();
    JsonValue text = first["text"];
    if (text["value"].text() != said || said.empty() || text["annotations"].size() > 0) {
        place.keep(content);
    }
}

// {"id", "type": "function", "function": {name, arguments, output}}, or a hosted tool
void read_step_call(JsonValue call, const BodyPlace& place, MessagesWriter& out) {
    std::string_view id = call["id"].text();
    JsonValue function = call["function"];
    if (!function.is_object()) {
        out.given(call);
        read_found_files(call["file_search"]["results"], place.scratch());
        place.scratch().tool_names.add_once(call["type"].text());
        if (!id.empty()) {
            place.scratch().tool_call_ids.add_once(id);
        }
        return;
    }
    JsonValue arguments = function["arguments"];
    out.tool_call(id, function["name"].text(), arguments.text());
    add_tool_call(place.scratch(), id, function["name"].text(), arguments);
    JsonValue result = function["output"];
    if (result.exists() && !result.is_null()) {
        out.tool_result(id, result);
        add_tool_result(place.scratch(), id, result);
    }
}

void read_calls(JsonValue calls, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().output;
    if (calls.size() == 0) {
        return;
    }
    out.begin_message("assistant");
    size_t index = 0;
    for (JsonValue call : calls.items()) {
        read_step_call(call, place.below(index++), out);
    }
    out.end_message();
}

void read_step(JsonValue step, const BodyPlace& place) {
    for (auto [key, value] : step.members()) {
        if (key == "step_details" && value["tool_calls"].is_array()) {
            read_calls(value["tool_calls"], place.below(key).below("tool_calls"));
        } else if (key == "last_error") {
            read_error(value, place.below(key));
        } else if (key != "object") {
            place.keep(key, value);
        }
    }
}

// A message of a streamed run; what it says of the run is the run's.
void read_thread_message(JsonValue message, const BodyPlace& place) {
    for (auto [key, value] : message.members()) {
        if (key == "content") {
            read_thread_content(value, message["role"].text(), place.below(key));
        } else if (key == "thread_id") {
            place.fill_or_keep(Field::kGenAiConversationId, key, value);
        } else if (key == "assistant_id") {
            place.fill_or_keep(Field::kGenAiAgentId, key, value);
        } else if (key == "run_id") {
            place.fill_or_keep(Field::kGenAiResponseId, key, value);
        } else if (key != "role" && key != "object") {
            place.keep(key, value);
        }
    }
}

}  // namespace

void read_thread_object(JsonValue body, const BodyPlace& place) {
    std::span<const MemberField> fields = fields_of(body["object"].text());
    for (auto [key, value] : body.members()) {
        if (value.is_null() || place.fill_member(fields, key, value) ||
            read_echo(key, value, place)) {
            continue;
        }
        BodyPlace here = place.below(key);
        if (key == "content") {
            read_thread_content(value, body["role"].text(), here);
        } else if (key == "usage" && value.is_object()) {
            read_usage(value, here);
        } else if (key == "last_error" || key == "error") {
            read_error(value, here);
        } else if (key == "required_action") {
            read_calls(value["submit_tool_outputs"]["tool_calls"],
                       here.below("submit_tool_outputs").below("tool_calls"));
            here.keep("type", value["type"]);
        } else if (key != "role") {
            here.keep(value);
        }
    }
}

// Each object comes several times as it grows: the last state of the run counts, and messages and
// steps that ended.
void read_thread_events(JsonValue chunks, const BodyPlace& place, bool done) {
    JsonValue run;
    std::vector<JsonValue> messages;
    std::vector<JsonValue> steps;
    std::string deltas;
    size_t index = 0;
    for (JsonValue event : chunks.items()) {
        BodyPlace here = place.below(index++);
        std::string_view object = event["object"].text();
        if (object == "thread.run") {
            run = event;
        } else if (object == "thread.message") {
            if (event["content"].size() > 0) {
                messages.push_back(event);
                deltas.clear();
            }
        } else if (object == "thread.run.step") {
            if (event["status"].text() != "in_progress") {
                steps.push_back(event);
            }
        } else if (object == "thread.message.delta") {
            for (JsonValue part : event["delta"]["content"].items()) {
                deltas += part["text"]["value"].text();
            }
        } else if (event["error"].exists()) {
            read_error(event["error"], here);
        } else if (object != "thread.run.step.delta") {
            here.keep(event);
        }
    }
    read_thread_object(run, place);
    for (size_t i = 0; i < steps.size(); ++i) {
        read_step(steps[i], place.below("steps").below(i));
    }
    BodyPlace all = place.below("messages");
    for (size_t i = 0; i < messages.size(); ++i) {
        BodyPlace here = all.below(i);
        read_thread_message(messages[i], here);
    }
    if (!deltas.empty()) {
        place.scratch().output.begin_message("assistant");
        place.scratch().output.text(deltas);
        place.scratch().output.end_message();
    }
    if (!done && run["status"].text() != "completed") {
        mark_incomplete(place.record());
    }
}

namespace {

void read_function_span(JsonValue data, std::string_view id, BodyScratch& scratch) {
    add_tool_call(scratch, id, data["name"].text(), data["input"]);
    JsonValue output = data["output"];
    if (output.exists() && !output.is_null()) {
        add_tool_result(scratch, id, output);
    }
}

void read_span_data(JsonValue data, std::string_view id, const BodyPlace& place) {
    std::string_view type = data["type"].text();
    BodyScratch& scratch = place.scratch();
    bool is_function = type == "function";
    if (is_function) {
        read_function_span(data, id, scratch);
        fill_text(place.record(), Field::kEventKind, "tool");
    }
    if (type == "guardrail") {
        bool fired = data["triggered"].boolean().value_or(false);
        GuardrailResult result;
        result.name = data["name"].text();
        result.verdict = fired ? "deny" : "allow";
        result.action = fired ? "block" : "none";
        add_guardrail(scratch, result);
    }
    for (auto [key, value] : data.members()) {
        if (is_function && (key == "name" || key == "input" || key == "output")) {
            continue;
        }
        if (type == "agent" && key == "name" &&
            fill(place.record(), Field::kGenAiAgentName, value)) {
            continue;
        }
        if (key == "response_id" && fill(place.record(), Field::kGenAiResponseId, value)) {
            continue;
        }
        place.keep(key, value);
    }
}

}  // namespace

// Agent telemetry, {"data": [trace or trace.span, …]}: one record with what they carry.
void read_trace_spans(JsonValue data, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue item : data.items()) {
        BodyPlace here = place.below(index++);
        bool is_trace = item["object"].text() == "trace";
        for (auto [key, value] : item.members()) {
            if (key == "span_data" && value.is_object()) {
                read_span_data(value, item["id"].text(), here.below(key));
            } else if ((key == "trace_id" || (is_trace && key == "id")) &&
                       fill(place.record(), Field::kTraceId, value)) {
                continue;
            } else if (key == "workflow_name" &&
                       fill(place.record(), Field::kGenAiWorkflowName, value)) {
                continue;
            } else if (key == "group_id" &&
                       fill(place.record(), Field::kGenAiConversationId, value)) {
                continue;
            } else {
                here.keep(key, value);
            }
        }
    }
}

}  // namespace llmtrail::openai
