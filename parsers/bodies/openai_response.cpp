// Answers of OpenAI-style APIs that are one JSON document: one walk, the form told by its own
// members.
#include "bodies/openai.h"
#include "bodies/openai_parts.h"

namespace llmtrail::openai {

void read_choice(JsonValue choice, const BodyPlace& place, size_t index) {
    AuditRecord& record = place.record();
    JsonValue message;
    JsonValue text;
    std::string_view raw_reason;
    bool filtered = false;
    for (auto [key, value] : choice.members()) {
        if (key == "message" || key == "delta") {
            message = value;
        } else if (key == "text" && value.is_string()) {
            text = value;
        } else if (key == "finish_reason" && value.is_string()) {
            raw_reason = value.text();
        } else if (key == "logprobs") {
            read_logprobs(value, place.below(key));
        } else if (key == "content_filter_results" && value.is_object()) {
            filtered = read_filter_results(value, place.below(key), "output");
        } else if (key != "index" || value.integer() != static_cast<int64_t>(index)) {
            place.keep(key, value);
        }
    }
    std::string_view reason =
        raw_reason.empty() ? raw_reason : normalized_finish_reason(raw_reason);
    add_finish_reason(record, raw_reason);
    if (reason == "content_filter" && !filtered) {
        add_unnamed_block(place.scratch(), "output");
    }
    if (message.exists() && !message.is_null()) {
        read_message(message, place.below("message"), Side::kAnswer, reason);
        return;
    }
    MessagesWriter& out = place.scratch().output;
    out.begin_message("assistant");
    if (text.exists()) {
        out.text(text.text());
    }
    out.end_message(reason);
}

namespace {

void read_choices(JsonValue choices, const BodyPlace& place) {
    if (!choices.is_array()) {
        place.keep(choices);
        return;
    }
    size_t index = 0;
    for (JsonValue choice : choices.items()) {
        read_choice(choice, place.below(index), index);
        ++index;
    }
    fill_integer(place.record(), Field::kGenAiResponseChoiceCount, static_cast<int64_t>(index));
}

// Sources that search-backed models name beside the answer: texts, or {url, title}.
void read_cited(JsonValue sources, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue item : sources.items()) {
        BodyPlace here = place.below(index++);
        DataSource source;
        source.type = "web";
        source.uri = item.is_string() ? item.text() : item["url"].text();
        source.name = item["title"].text();
        if (source.uri.empty()) {
            here.keep(item);
            continue;
        }
        add_data_source(place.scratch(), source);
        for (auto [key, value] : item.members()) {
            if (key != "url" && key != "title") {
                here.keep(key, value);
            }
        }
    }
}

void read_chat_object(JsonValue body, const BodyPlace& place) {
    static constexpr MemberField kFields[] = {
        {"id", Field::kGenAiResponseId},
        {"created", Field::kGenAiResponseCreated},
        {"model", Field::kGenAiResponseModel},
        {"service_tier", Field::kGenAiResponseServiceTier},
        {"system_fingerprint", Field::kGenAiResponseSystemFingerprint},
    };
    for (auto [key, value] : body.members()) {
        if (place.fill_member(kFields, key, value)) {
            continue;
        }
        BodyPlace here = place.below(key);
        if (key == "choices") {
            read_choices(value, here);
        } else if (key == "usage" && value.is_object()) {
            read_usage(value, here);
        } else if (key == "prompt_filter_results" || key == "prompt_annotations") {
            read_prompt_filter_results(value, here);
        } else if (key == "error") {
            read_error(value, here);
        } else if (key == "x_groq") {
            read_groq(value, here);
        } else if ((key == "citations" || key == "search_results") && value.is_array()) {
            read_cited(value, here);
        } else if (!read_other_member(key, value, here)) {
            here.keep(value);
        }
    }
}

}  // namespace

}  // namespace llmtrail::openai

namespace llmtrail {

void read_openai_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    switch (openai::api_of_response(body)) {
        case openai::Api::kResponses:
            openai::read_response_object(body, place);
            break;
        case openai::Api::kAssistants:
        case openai::Api::kThreads:
        case openai::Api::kThreadMessages:
        case openai::Api::kThreadRuns:
            openai::read_thread_object(body, place);
            break;
        default:
            openai::read_chat_object(body, place);
    }
}

}  // namespace llmtrail
