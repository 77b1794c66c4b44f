// Traces of NeMo's file adapter: {trace_id, spans: [{name, span_id, parent_id, start_time,
// end_time, duration, metrics or attributes, events}]}. Times count from the interaction's start:
// the trace does not say when that was.
#include <string>

#include "base/time.h"
#include "parsers/nemo_parts.h"
#include "parsers/otel_aliases.h"

namespace llmtrail::nemo {

namespace {

constexpr std::string_view kRailPrefix = "rail: ";  // names of the first schema
constexpr std::string_view kModelPrefix = "LLM: ";

constexpr MemberField kModelAttributes[] = {
    {"gen_ai.request.model", Field::kGenAiRequestModel},
    {"gen_ai.response.model", Field::kGenAiResponseModel},
    {"gen_ai.response.id", Field::kGenAiResponseId},
    {"gen_ai.request.temperature", Field::kGenAiRequestTemperature},
    {"gen_ai.request.max_tokens", Field::kGenAiRequestMaxTokens},
    {"gen_ai.request.top_p", Field::kGenAiRequestTopP},
};

bool is_token_count(std::string_view key) {
    return key == "gen_ai.usage.input_tokens" || key == "gen_ai.usage.output_tokens" ||
           key == "gen_ai.usage.total_tokens";
}

void read_rail(JsonValue attributes, const BodyPlace& place) {
    JsonValue name = attributes["rail.name"];
    Rail rail{attributes["rail.type"].text(), name.text(), attributes["rail.stop"]};
    if (!add_rail(place.scratch(), rail)) {
        place.keep("rail.name", name);
    }
    place.keep_others(attributes, {"rail.name", "rail.stop"});
    if (!attributes["rail.stop"].boolean()) {
        place.keep("rail.stop", attributes["rail.stop"]);
    }
}

// Several calls are summed, and each is kept as it was.
void read_model_call(JsonValue attributes, const BodyPlace& place, TokenSums& tokens) {
    AuditRecord& record = place.record();
    tokens.add(attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"],
               attributes["gen_ai.usage.total_tokens"]);
    for (auto [key, value] : attributes.members()) {
        if (place.fill_member(kModelAttributes, key, value)) {
            continue;
        }
        if ((key == "gen_ai.provider.name" || key == "gen_ai.system") && value.is_string() &&
            fill_text(record, Field::kGenAiProviderName, otlp::provider_of_word(value.text()))) {
            continue;
        }
        if (key == "gen_ai.response.finish_reasons" && value.is_array() && value.size() < 16) {
            for (JsonValue reason : value.items()) {
                add_finish_reason(record, reason.text());
            }
        } else if (!is_token_count(key) || tokens.calls() > 1) {
            place.keep(key, value);
        }
    }
}

// Texts are there when the operator has turned content capture on.
void read_event(JsonValue event, const BodyPlace& place) {
    BodyScratch& scratch = place.scratch();
    std::string_view name = event["name"].text();
    JsonValue content = event["body"]["content"];
    bool asked = name.find("user") != std::string_view::npos;
    bool answered = name.find("bot") != std::string_view::npos;
    bool said = content.is_string() && !content.text().empty();
    MessagesWriter& out = asked ? scratch.input : scratch.output;
    bool repeated = said && scratch.input.last_text_of("user") == content.text();
    if (said && (asked || answered) && !(asked && repeated)) {
        out.begin_message(asked ? "user" : "assistant");
        out.text(content.text());
        out.end_message();
    }
    bool taken = said && (asked || answered);
    place.keep_others(event, {"body"});
    if (!taken) {
        place.keep("body", event["body"]);
    } else {
        place.below("body").keep_others(event["body"], {"content"});
    }
}

struct Sums {
    TokenSums tokens;
    bool stops = false;  // the schema tells them
    bool model = false;
};

// The first schema: what a span is stands in its name, and counters are named after the model.
void read_metrics(JsonValue metrics, const BodyPlace& place, Sums& sums) {
    JsonValue input;
    JsonValue output;
    JsonValue total;
    for (auto [key, value] : metrics.members()) {
        if (key.ends_with("_prompt_tokens_total")) {
            input = value;
        } else if (key.ends_with("_completion_tokens_total")) {
            output = value;
        } else if (key.ends_with("_tokens_total")) {
            total = value;
        }
        place.keep(key, value);
    }
    if (input.exists() || output.exists()) {
        sums.tokens.add(input, output, total);
    }
}

void read_span(JsonValue span, const BodyPlace& place, Sums& sums) {
    std::string_view name = span["name"].text();
    JsonValue attributes = span["attributes"];
    bool root = span["parent_id"].is_null() || !span["parent_id"].exists();
    bool rail = attributes["rail.name"].is_string();
    bool model = attributes["gen_ai.request.model"].exists();
    if (name.starts_with(kRailPrefix)) {
        add_rail(place.scratch(), {{}, name.substr(kRailPrefix.size()), {}});
    } else if (name.starts_with(kModelPrefix)) {
        fill_text(place.record(), Field::kGenAiRequestModel, name.substr(kModelPrefix.size()));
        sums.model = true;
    }
    sums.model = sums.model || model;
    for (auto [key, value] : span.members()) {
        BodyPlace here = place.below(key);
        if (key == "attributes" && rail) {
            sums.stops = true;
            read_rail(value, here);
        } else if (key == "attributes" && model) {
            read_model_call(value, here, sums.tokens);
        } else if (key == "metrics" && value.is_object()) {
            read_metrics(value, here, sums);
        } else if (key == "duration" && root) {
            fill_seconds(place, key, value);
        } else if (key == "events" && value.is_array()) {
            size_t index = 0;
            for (JsonValue event : value.items()) {
                BodyPlace at = here.below(index++);
                event.is_object() ? read_event(event, at) : at.keep(event);
            }
        } else if (key == "error" && value.is_object()) {
            place.fill_or_keep(Field::kErrorType, "type", value["type"]);
            place.fill_or_keep(Field::kErrorMessage, "message", value["message"]);
        } else {
            here.keep(value);
        }
    }
}

}  // namespace

bool is_trace(JsonValue document) {
    auto spans = document["spans"].items();
    bool any = document["spans"].is_array() && spans.begin() != spans.end();
    JsonValue first = any ? *spans.begin() : JsonValue();
    return document["trace_id"].is_string() && first["span_id"].is_string() &&
           first["start_time"].is_number() && first["duration"].is_number() &&
           first["name"].is_string();
}

bool read_trace(JsonValue document, const BodyPlace& place) {
    AuditRecord& record = place.record();
    Sums sums;
    for (auto [key, value] : document.members()) {
        BodyPlace here = place.below(key);
        if (key == "trace_id") {
            place.fill_or_keep(Field::kTraceId, key, value);
        } else if (key == "spans" && value.is_array()) {
            size_t index = 0;
            for (JsonValue span : value.items()) {
                BodyPlace at = here.below(index++);
                span.is_object() ? read_span(span, at, sums) : at.keep(span);
            }
        } else {
            here.keep(value);
        }
    }
    sums.tokens.store(record);
    fill_text(record, Field::kEventDataset, "nemo.trace");
    fill_text(record, Field::kEventAction, "interaction");
    bool said = !place.scratch().input.empty() || !place.scratch().output.empty();
    fill_text(record, Field::kEventKind, sums.model || said ? "inference" : "guardrail");
    fill_text(record, Field::kGenAiOperationName, sums.model || said ? "chat" : "");
    return sums.stops;
}

}  // namespace llmtrail::nemo
