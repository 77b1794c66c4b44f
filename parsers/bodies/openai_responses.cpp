// The Responses API: its response object and its typed stream events.
#include <algorithm>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "bodies/openai_parts.h"

namespace llmtrail::openai {

namespace {

// Members that repeat the request's: placed when they say the same, else kept as a detail of the
// answer.
constexpr MemberField kEchoed[] = {
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
    {"max_output_tokens", Field::kGenAiRequestMaxTokens},
    {"frequency_penalty", Field::kGenAiRequestFrequencyPenalty},
    {"presence_penalty", Field::kGenAiRequestPresencePenalty},
    {"tools", Field::kGenAiToolDefinitions},
    {"user", Field::kUserId},
    {"safety_identifier", Field::kUserId},
};

constexpr MemberField kOwn[] = {
    {"id", Field::kGenAiResponseId},         {"created_at", Field::kGenAiResponseCreated},
    {"model", Field::kGenAiResponseModel},   {"service_tier", Field::kGenAiResponseServiceTier},
    {"status", Field::kGenAiResponseStatus},
};

constexpr std::string_view kDetails[] = {
    "background",           "max_tool_calls",
    "parallel_tool_calls",  "prompt_cache_key",
    "previous_response_id", "store",
    "tool_choice",          "top_logprobs",
    "truncation",           "prompt_cache_retention",
};

void read_instructions(JsonValue value, const BodyPlace& place) {
    BodyScratch& scratch = place.scratch();
    if (!value.is_string()) {
        add_member(scratch.details, "instructions", value);
        return;
    }
    if (scratch.system.count() == 0) {
        add_system_text(scratch, value.text());
        return;
    }
    std::string& same = scratch.text;
    same = "[{\"type\":\"text\",\"content\":";
    append_json_string(same, value.text());
    same += "}]";
    if (scratch.system.json() != same) {
        add_member(scratch.details, "instructions", value);
    }
}

}  // namespace

bool read_echo(std::string_view key, JsonValue value, const BodyPlace& place) {
    if (key == "instructions") {
        read_instructions(value, place);
        return true;
    }
    if (key == "reasoning" && value.is_object()) {
        fill(place.record(), Field::kGenAiRequestReasoningEffort, value["effort"]);
        add_member(place.scratch().details, key, value);
        return true;
    }
    if (key == "text" && value.is_object()) {
        set_output_type(value["format"], place.record());
        add_member(place.scratch().details, key, value);
        return true;
    }
    for (const MemberField& row : kEchoed) {
        if (row.key == key) {
            if (!fill(place.record(), row.field, value)) {
                add_member(place.scratch().details, key, value);
            }
            return true;
        }
    }
    return false;
}

namespace {

void read_output(JsonValue output, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue item : output.items()) {
        read_output_item(item, place.below(index++));
    }
}

std::string_view member_text(JsonValue object, std::string_view key) {
    return object[key].text();
}

// Ends the answer's message. A completed response has no finish reason of its own.
void finish_answer(std::string_view status, std::string_view reason, const BodyPlace& place) {
    BodyScratch& scratch = place.scratch();
    AuditRecord& record = place.record();
    std::string_view normalized;
    if (!reason.empty()) {
        normalized = normalized_finish_reason(reason);
        add_finish_reason(record, reason);
        if (normalized == "content_filter" && !scratch.guardrail_blocked) {
            add_unnamed_block(scratch, "output");
        }
    } else if (status == "completed") {
        normalized = scratch.tool_calls.count() > 0 ? "tool_call" : "stop";
        record.append_to_list(Field::kGenAiResponseFinishReasons, normalized);
    } else if (status == "failed") {
        normalized = "error";
        record.append_to_list(Field::kGenAiResponseFinishReasons, normalized);
    }
    if (status == "failed") {
        mark_failed(record);
    }
    if (status == "incomplete") {
        record.set_boolean(Field::kResponseTruncated, true);
    }
    if (scratch.output.in_message()) {
        scratch.output.end_message(normalized);
    }
    if (!scratch.queries.empty()) {
        fill_text(record, Field::kGenAiRetrievalQueryText, scratch.queries);
        scratch.queries.clear();
    }
}

// All members but the output items, which a stream may have to put together.
void read_members(JsonValue body, const BodyPlace& place, bool with_output) {
    for (auto [key, value] : body.members()) {
        if (value.is_null() || place.fill_member(kOwn, key, value)) {
            continue;
        }
        BodyPlace here = place.below(key);
        if (key == "output") {
            if (with_output) {
                read_output(value, here);
            }
        } else if (read_echo(key, value, place)) {
            continue;
        } else if (key == "usage" && value.is_object()) {
            read_usage(value, here);
        } else if (key == "error") {
            read_error(value, here);
        } else if (std::find(std::begin(kDetails), std::end(kDetails), key) != std::end(kDetails)) {
            add_member(place.scratch().details, key, value);
        } else if (key == "conversation") {
            if (!fill(place.record(), Field::kGenAiConversationId,
                      value.is_object() ? value["id"] : value)) {
                here.keep(value);
            }
        } else if (key == "incomplete_details") {
            for (auto [inner, detail] : value.members()) {
                if (inner != "reason") {
                    here.keep(inner, detail);
                }
            }
        } else if (key == "content_filter_results" && value.is_object()) {
            read_filter_results(value, here, "output");
        } else {
            here.keep(value);
        }
    }
}

}  // namespace

void read_response_object(JsonValue body, const BodyPlace& place) {
    read_members(body, place, true);
    finish_answer(member_text(body, "status"), member_text(body["incomplete_details"], "reason"),
                  place);
}

namespace {

constexpr size_t kOpenItemsMax = 256;  // output items of one cut stream that are put together

struct OpenItem {
    int64_t index = 0;
    JsonValue item;  // as added or, when `done`, whole
    bool done = false;
    std::string text;  // deltas so far
    std::string arguments;
};

struct EventSums {
    JsonValue response;  // the last seen
    bool ended = false;
    std::vector<OpenItem> items;
    bool too_many = false;
};

OpenItem* item_at(EventSums& sums, int64_t index) {
    for (auto item = sums.items.rbegin(); item != sums.items.rend(); ++item) {
        if (item->index == index) {
            return &*item;
        }
    }
    if (sums.items.size() == kOpenItemsMax) {
        return nullptr;
    }
    sums.items.push_back(OpenItem{index, {}, false, {}, {}});
    return &sums.items.back();
}

void read_event(JsonValue event, const BodyPlace& place, EventSums& sums) {
    std::string_view type = event["type"].text();
    if (type.starts_with("response.") && event["response"].is_object()) {
        sums.response = event["response"];
        sums.ended = sums.ended || type == "response.completed" || type == "response.failed" ||
                     type == "response.incomplete";
        return;
    }
    if (type == "error") {
        JsonValue error = event["error"];
        read_error(error.is_object() ? error : event, place);
        return;
    }
    std::optional<int64_t> index = event["output_index"].integer();
    if (!type.starts_with("response.") || !index) {
        place.keep(event);
        return;
    }
    OpenItem* open = item_at(sums, *index);
    if (open == nullptr) {
        place.keep(event);
        return;
    }
    if (event["item"].is_object()) {
        open->item = event["item"];
        open->done = type == "response.output_item.done";
    } else if (std::string_view delta = event["delta"].text(); !delta.empty()) {
        (type.find("arguments") != std::string_view::npos ? open->arguments : open->text) += delta;
    }
}

// An item whose end never came: what its deltas said.
void write_open_item(const OpenItem& open, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().output;
    if (!out.in_message()) {
        out.begin_message("assistant");
    }
    std::string_view type = open.item["type"].text();
    if (!open.arguments.empty() || type == "function_call") {
        std::string_view id = open.item["call_id"].text();
        std::string_view name = open.item["name"].text();
        out.tool_call(id, name, std::string_view(open.arguments));
        add_tool_call(place.scratch(), id, name, std::string_view(open.arguments));
    } else if (type == "reasoning") {
        out.reasoning(open.text);
    } else if (!open.text.empty()) {
        out.text(open.text);
    }
}

}  // namespace

// The last event holds the whole response; without it, the items that ended and the deltas of those
// that did not.
void read_response_events(JsonValue chunks, const BodyPlace& place) {
    EventSums sums;
    size_t index = 0;
    for (JsonValue event : chunks.items()) {
        read_event(event, place.below(index++), sums);
    }
    if (sums.ended) {
        read_response_object(sums.response, place);
        return;
    }
    read_members(sums.response, place, false);
    for (const OpenItem& open : sums.items) {
        if (open.done) {
            read_output_item(open.item,
                             place.below("output").below(static_cast<size_t>(open.index)));
        } else {
            write_open_item(open, place);
        }
    }
    finish_answer({}, {}, place);
    mark_incomplete(place.record());
}

}  // namespace llmtrail::openai
