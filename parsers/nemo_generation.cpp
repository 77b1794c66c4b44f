// Generation logs of NeMo Guardrails: what generate() returns when asked for its log, as an
// application or the server writes it: {response, log: {activated_rails, llm_calls, stats, …},
// output_data}, or a chat answer with {guardrails: {log}}.
#include <string>

#include "base/time.h"
#include "bodies/openai.h"
#include "parsers/common_names.h"
#include "parsers/nemo_parts.h"
#include "parsers/otel_aliases.h"
#include "parsers/time_value.h"

namespace llmtrail::nemo {

namespace {

constexpr MemberField kStats[] = {
    {"llm_calls_total_prompt_tokens", Field::kGenAiUsageInputTokens},
    {"llm_calls_total_completion_tokens", Field::kGenAiUsageOutputTokens},
    {"llm_calls_total_tokens", Field::kGenAiUsageTotalTokens},
};

constexpr MemberField kAnswer[] = {
    {"id", Field::kGenAiResponseId},
    {"model", Field::kGenAiResponseModel},
    {"created", Field::kGenAiResponseCreated},
};

constexpr std::string_view kRead[] = {"log",         "guardrails", "response", "messages",
                                      "output_data", "choices",    "usage",    "id",
                                      "model",       "created"};

// Which model spoke, and how much; prompts and completions of the rails' own calls stay under their
// path.
void read_model_call(JsonValue call, const BodyPlace& place, TokenSums& tokens) {
    AuditRecord& record = place.record();
    tokens.add(call["prompt_tokens"], call["completion_tokens"], call["total_tokens"]);
    for (auto [key, value] : call.members()) {
        bool placed = false;
        if (key == "llm_model_name") {
            placed = fill(record, Field::kGenAiRequestModel, value);
        } else if (key == "llm_provider_name") {
            placed =
                fill_text(record, Field::kGenAiProviderName, otlp::provider_of_word(value.text()));
        }
        if (!placed) {
            place.keep(key, value);
        }
    }
    if (!call.is_object()) {
        place.keep(call);
    }
}

void read_model_calls(JsonValue calls, const BodyPlace& place, TokenSums& tokens) {
    size_t index = 0;
    for (JsonValue call : calls.items()) {
        read_model_call(call, place.below(index++), tokens);
    }
    if (!calls.is_array()) {
        place.keep(calls);
    }
}

struct Span {
    std::optional<Timestamp> from;
    std::optional<Timestamp> to;
};

void read_rail(JsonValue rail, const BodyPlace& place, const ParseContext& context, Span& span) {
    if (!rail.is_object()) {
        place.keep(rail);
        return;
    }
    if (!add_rail(place.scratch(), {rail["type"].text(), rail["name"].text(), rail["stop"]})) {
        place.keep("name", rail["name"]);
    }
    auto from = read_time(rail["started_at"], context);
    auto to = read_time(rail["finished_at"], context);
    if (from && (!span.from || from->at < span.from->at)) {
        span.from = from;
    }
    if (to && (!span.to || span.to->at < to->at)) {
        span.to = to;
    }
    place.keep_unless_text(rail, {"name"});
    place.keep_others(rail, {"name", "stop"});
    if (!rail["stop"].boolean()) {
        place.keep("stop", rail["stop"]);
    }
}

void read_rails(JsonValue rails, const BodyPlace& place, const ParseContext& context) {
    AuditRecord& record = place.record();
    Span span;
    size_t index = 0;
    for (JsonValue rail : rails.items()) {
        read_rail(rail, place.below(index++), context, span);
    }
    if (span.from && !record.has(Field::kEventTime)) {
        set_event_time(record, *span.from, context);
    }
    if (span.to && !record.has(Field::kEventEnd)) {
        record.set_time(Field::kEventEnd, span.to->at);
    }
}

void read_stats(JsonValue stats, const BodyPlace& place) {
    for (auto [key, value] : stats.members()) {
        if (key == "total_duration") {
            fill_seconds(place, key, value);
        } else if (!place.fill_member(kStats, key, value)) {
            place.keep(key, value);
        }
    }
    if (!stats.is_object()) {
        place.keep(stats);
    }
}

void read_log(JsonValue log, const BodyPlace& place, const ParseContext& context) {
    TokenSums tokens;
    for (auto [key, value] : log.members()) {
        BodyPlace here = place.below(key);
        if (value.is_null()) {
            continue;
        }
        if (key == "activated_rails" && value.is_array()) {
            read_rails(value, here, context);
        } else if (key == "llm_calls") {
            read_model_calls(value, here, tokens);
        } else if (key == "stats") {
            read_stats(value, here);
        } else {
            here.keep(value);
        }
    }
    if (!place.record().has(Field::kGenAiUsageInputTokens)) {
        tokens.store(place.record());
    }
}

// A text, or messages of which the last are the answer.
void read_response(JsonValue response, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().output;
    if (response.is_string() && !response.text().empty()) {
        out.begin_message("assistant");
        out.text(response.text());
        out.end_message();
        return;
    }
    size_t index = 0;
    for (JsonValue message : response.items()) {
        BodyPlace here = place.below(index++);
        out.begin_message(message["role"].text());
        if (message["content"].is_string()) {
            out.text(message["content"].text());
        } else {
            here.keep("content", message["content"]);
        }
        out.end_message();
        here.keep_others(message, {"role", "content"});
    }
    if (!response.is_array()) {
        place.keep(response);
    }
}

// The server's chat form: {choices: [{message: {role, content}, finish_reason}]}
void read_choices(JsonValue choices, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().output;
    size_t index = 0;
    for (JsonValue choice : choices.items()) {
        BodyPlace here = place.below(index++);
        JsonValue message = choice["message"];
        std::string_view reason = choice["finish_reason"].text();
        out.begin_message(message["role"].text());
        out.text(message["content"].text());
        out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
        add_finish_reason(place.record(), reason);
        here.below("message").keep_unless_text(message, {"role", "content"});
        here.below("message").keep_others(message, {"role", "content"});
        here.keep_others(choice, {"message", "finish_reason", "index"});
    }
}

// What the user wrote stands among the variables of the flows.
void read_variables(JsonValue variables, const BodyPlace& place) {
    MessagesWriter& in = place.scratch().input;
    std::string_view used;
    for (std::string_view key : {"user_message", "last_user_message"}) {
        if (in.empty() && !variables[key].text().empty()) {
            in.begin_message("user");
            in.text(variables[key].text());
            in.end_message();
            used = key;
        }
    }
    for (auto [key, value] : variables.members()) {
        if (key != used) {
            place.keep(key, value);
        }
    }
    if (!variables.is_object()) {
        place.keep(variables);
    }
}

}  // namespace

JsonValue log_of(JsonValue document) {
    for (JsonValue log : {document["log"], document["guardrails"]["log"], document}) {
        if (log["activated_rails"].is_array() &&
            (log.at() != document.at() || log["stats"].exists() || log["llm_calls"].exists())) {
            return log;
        }
    }
    return {};
}

void read_generation(JsonValue document, const BodyPlace& place, const ParseContext& context) {
    AuditRecord& record = place.record();
    fill_text(record, Field::kEventDataset, "nemo.generation_log");
    fill_text(record, Field::kEventAction, "generate");
    fill_text(record, Field::kEventKind, "inference");
    fill_text(record, Field::kGenAiOperationName, "chat");
    if (log_of(document).at() == document.at()) {
        read_log(document, place, context);
        return;
    }
    bool chat = document["choices"].is_array();
    for (auto [key, value] : document.members()) {
        BodyPlace here = place.below(key);
        if (value.is_null()) {
            continue;
        }
        if (key == "usage" && !value.is_object()) {
            here.keep(value);
        } else if (key == "choices" && !chat) {
            here.keep(value);
        } else if (key == "log") {
            read_log(value, here, context);
        } else if (key == "guardrails") {
            here.keep_others(value, {"log"});
            read_log(value["log"], here.below("log"), context);
        } else if (key == "response") {
            read_response(value, here);
        } else if (key == "messages") {
            // Of the request where the log is an answer's, of the answer where it is the server's.
            MessagesWriter& out = place.scratch().output;
            bool asked = document["response"].exists() || !out.empty() || chat;
            asked ? read_openai_messages(value, key, place.scratch(), record)
                  : read_response(value, here);
        } else if (key == "output_data") {
            read_variables(value, here);
        } else if (key == "choices") {
            read_choices(value, here);
        } else if (key == "usage") {
            read_openai_usage(value, here.path(), place.scratch(), record);
        } else {
            place.fill_member(kAnswer, key, value);
        }
    }
    // What the application has put beside it: when, who, from where.
    apply_common_names(document, "", kRead, context, record, place.scratch());
}

}  // namespace llmtrail::nemo
