// The Interactions API: an input and its answer as outputs or steps, whole or as events.
#include <algorithm>

#include "bodies/gemini_parts.h"

namespace llmtrail::gemini {

namespace {

constexpr MemberField kInteractionMembers[] = {
    {"id", Field::kGenAiResponseId},
    {"model", Field::kGenAiResponseModel},
    {"agent", Field::kGenAiAgentName},
    {"created", Field::kGenAiResponseCreated},
    {"servicetier", Field::kGenAiResponseServiceTier},
};

constexpr MemberField kCounters[] = {
    {"totalinputtokens", Field::kGenAiUsageInputTokens},
    {"totaltokens", Field::kGenAiUsageTotalTokens},
    {"totalcachedtokens", Field::kGenAiUsageCacheReadInputTokens},
    {"totalthoughttokens", Field::kGenAiUsageReasoningOutputTokens},
};

void write_item(const BodyPlace& place, JsonValue item, MessagesWriter& out, bool of_answer) {
    std::string_view type = item["type"].text();
    if (item.is_string()) {
        return out.text(item.text());
    }
    if (type == "text" && item["text"].is_string()) {
        out.text(item["text"].text());
        return place.keep_others(item, {"type", "text"});
    }
    if (type == "function_call" && item["name"].is_string()) {
        out.tool_call(item["id"].text(), item["name"].text(), item["arguments"]);
        if (of_answer) {
            add_tool_call(place.scratch(), item["id"].text(), item["name"].text(),
                          item["arguments"]);
        }
        place.keep_unless_text(item, {"id"});
        return place.keep_others(item, {"type", "id", "name", "arguments"});
    }
    if (type == "function_result") {
        out.tool_result(item["call_id"].text(), item["result"]);
        add_tool_result(place.scratch(), item["call_id"].text(), item["result"]);
        place.keep_unless_text(item, {"call_id"});
        return place.keep_others(item, {"type", "call_id", "result"});
    }
    if (item.is_object()) {
        return out.given(item);
    }
    place.keep(item);
}

void write_items(const BodyPlace& place, JsonValue items, MessagesWriter& out, bool of_answer) {
    if (!items.is_array()) {
        return write_item(place, items, out, of_answer);
    }
    size_t index = 0;
    for (JsonValue item : items.items()) {
        write_item(place.below(index++), item, out, of_answer);
    }
}

// A text, contents of one turn, or turns.
void read_input(const BodyPlace& place, JsonValue input) {
    MessagesWriter& out = place.scratch().input;
    auto first = input.items();
    bool turns = first.begin() != first.end() && (*first.begin())["role"].is_string();
    if (!turns) {
        out.begin_message("user");
        write_items(place, input, out, false);
        return out.end_message();
    }
    size_t index = 0;
    for (JsonValue turn : input.items()) {
        BodyPlace here = place.below(index++);
        std::string_view role = turn["role"].text();
        out.begin_message(role == "model" ? "assistant" : role);
        write_items(here.below("content"), turn["content"], out, false);
        out.end_message();
        here.keep_others(turn, {"role", "content"});
    }
}

void read_interaction_usage(const BodyPlace& place, JsonValue usage) {
    AuditRecord& record = place.record();
    int64_t output = 0;
    bool overflow = false;
    std::string rest;
    for (JsonMember member : usage.members()) {
        bool answer = is_named(member.key, "totaloutputtokens");
        if (answer || is_named(member.key, "totalthoughttokens")) {
            overflow =
                __builtin_add_overflow(output, member.value.integer().value_or(0), &output) ||
                overflow;
        }
        if (answer || !fill_named(place, kCounters, member.key, member.value)) {
            add_member(rest, member.key, member.value);
        }
    }
    if (!overflow && usage.size() > 0) {
        fill_integer(record, Field::kGenAiUsageOutputTokens, output);
    }
    if (!rest.empty() && !record.has(Field::kUsageDetails)) {
        record.set_json(Field::kUsageDetails, "{" + rest + "}");
    }
    if (!usage.is_object()) {
        place.keep(usage);
    }
}

// One step of a streamed answer.
struct Step {
    bool thought = false;
    std::string text;
};

class Events {
 public:
    explicit Events(const BodyPlace& place) : place_(place) {}

    void add(const BodyPlace& place, JsonValue event);
    void finish();

 private:
    void add_delta(const BodyPlace& place, JsonValue delta, int64_t index);

    static constexpr size_t kStepsMax = 4096;

    const BodyPlace& place_;
    std::map<int64_t, Step> steps_;
    JsonValue last_;  // the interaction as it was last given
};

void Events::add_delta(const BodyPlace& place, JsonValue delta, int64_t index) {
    std::string_view type = delta["type"].text();
    bool thought = type == "thought_summary";
    JsonValue text = thought ? delta["content"]["text"] : delta["text"];
    bool room = steps_.size() < kStepsMax || steps_.contains(index);
    if ((type != "text" && !thought) || !text.is_string() || !room) {
        return place.keep(delta);
    }
    Step& step = steps_[index];
    step.thought = thought;
    step.text += text.text();
}

// An interaction is repeated by a later event as it is then.
void Events::add(const BodyPlace& place, JsonValue event) {
    int64_t index = event["index"].integer().value_or(0);
    for (JsonMember member : event.members()) {
        if (member.key == "interaction" && member.value.is_object()) {
            last_ = member.value;
        } else if (member.key == "delta" && member.value.is_object()) {
            add_delta(place.below(member.key), member.value, index);
        } else if (member.key == "error") {
            read_google_error(member.value, place.below(member.key).path(), place.scratch(),
                              place.record());
        } else if (member.key != "index" && member.key != "event_type" && member.key != "step") {
            place.keep(member.key, member.value);
        }
    }
}

void Events::finish() {
    MessagesWriter& out = place_.scratch().output;
    if (!steps_.empty()) {
        out.begin_message("assistant");
        for (const auto& [index, step] : steps_) {
            step.thought ? out.reasoning(step.text) : out.text(step.text);
        }
        out.end_message();
    }
    if (last_.exists()) {
        read_interaction(place_.below("interaction"), last_);
    }
    if (last_["status"].text() == "in_progress" || !last_.exists()) {
        place_.record().append_to_list(Field::kRecordFlags, "incomplete_stream");
        place_.record().set_boolean(Field::kResponseTruncated, true);
    }
}

}  // namespace

bool is_interaction(JsonValue body) {
    bool asked = body["input"].exists() && (body["model"].exists() || body["agent"].exists());
    return asked || body["object"].text() == "interaction" || body["interaction"].is_object() ||
           body["event_type"].is_string();
}

void read_interaction_request(const BodyPlace& place, JsonValue body) {
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        if (key == "input") {
            read_input(here, member.value);
        } else if (key == "model") {
            fill_model(place, Field::kGenAiRequestModel, key, member.value);
        } else if (key == "agent") {
            place.fill_or_keep(Field::kGenAiAgentName, key, member.value);
        } else if (key == "stream") {
            place.fill_or_keep(Field::kGenAiRequestStream, key, member.value);
        } else if (key == "system_instruction") {
            read_system_instruction(here, member.value);
        } else if (key == "generation_config") {
            fill(place.record(), Field::kGenAiRequestReasoningEffort,
                 member.value["thinking_level"]);
            read_generation_config(here, member.value);
        } else if (key == "tools") {
            place.fill_or_keep(Field::kGenAiToolDefinitions, key, member.value);
        } else {
            add_member(place.scratch().parameters, key, member.value);
        }
    }
}

void read_interaction(const BodyPlace& place, JsonValue body) {
    AuditRecord& record = place.record();
    MessagesWriter& out = place.scratch().output;
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        if ((key == "outputs" || key == "steps") && member.value.is_array() &&
            out.all_text().empty()) {
            out.begin_message("assistant");
            write_items(here, member.value, out, true);
            out.end_message();
        } else if (key == "usage") {
            read_interaction_usage(here, member.value);
        } else if (key == "status" && member.value.is_string()) {
            record.set_text(Field::kGenAiResponseStatus, member.value.text());
            if (member.value.text() != "in_progress") {
                add_finish_reason(record, member.value.text());
            }
        } else if (key == "error") {
            read_google_error(member.value, here.path(), place.scratch(), record);
        } else if (!fill_named(place, kInteractionMembers, key, member.value) &&
                   (key != "object" || member.value.text() != "interaction")) {
            here.keep(member.value);
        }
    }
}

void read_interaction_events(const BodyPlace& place, JsonValue events) {
    Events gathered(place);
    size_t index = 0;
    for (JsonValue event : events.items()) {
        gathered.add(place.below(index++), event);
    }
    gathered.finish();
}

}  // namespace llmtrail::gemini
