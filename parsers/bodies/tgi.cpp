#include "bodies/tgi.h"

#include <string>

#include "bodies/body_place.h"
#include "bodies/openai.h"

namespace llmtrail {

namespace {

constexpr MemberField kParameters[] = {
    {"max_new_tokens", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
    {"top_k", Field::kGenAiRequestTopK},
    {"seed", Field::kGenAiRequestSeed},
    {"stop", Field::kGenAiRequestStopSequences},
    {"frequency_penalty", Field::kGenAiRequestFrequencyPenalty},
    {"stream", Field::kGenAiRequestStream},
};

constexpr MemberField kDetailMembers[] = {
    {"generated_tokens", Field::kGenAiUsageOutputTokens},
    {"input_length", Field::kGenAiUsageInputTokens},
};

void count_token(JsonValue token, BodyScratch& scratch) {
    if (auto logprob = token["logprob"].real()) {
        scratch.logprob_sum += *logprob;
        ++scratch.logprob_count;
    }
}

// {finish_reason, generated_tokens, seed, prefill[], tokens[], top_tokens[], best_of_sequences[]}
void read_details(JsonValue details, const BodyPlace& place, std::string_view& reason) {
    BodyScratch& scratch = place.scratch();
    for (auto [key, value] : details.members()) {
        if (value.is_null() || place.fill_member(kDetailMembers, key, value)) {
            continue;
        }
        if (key == "finish_reason" && value.is_string()) {
            reason = value.text();
            add_finish_reason(place.record(), reason);
        } else if (key == "tokens" && value.is_array()) {
            for (JsonValue token : value.items()) {
                count_token(token, scratch);
            }
            if (value.size() > 0) {
                value.append_json(scratch.token_probabilities.item());
            }
        } else if (key == "seed") {
            place.fill_or_keep(Field::kGenAiRequestSeed, key, value);
        } else if (key == "prefill" || key == "top_tokens" || key == "best_of_sequences") {
            add_member(scratch.details, key, value);
        } else {
            place.keep(key, value);
        }
    }
    if (!details.is_object()) {
        place.keep(details);
    }
}

void read_answer(JsonValue answer, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().output;
    std::string_view reason;
    if (answer["details"].exists()) {
        read_details(answer["details"], place.below("details"), reason);
    }
    for (auto [key, value] : answer.members()) {
        BodyPlace here = place.below(key);
        if (key == "generated_text" && value.is_string()) {
            out.begin_message("assistant");
            out.text(value.text());
            out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
        } else if (key == "error") {
            read_openai_error(value, here.path(), place.scratch(), place.record());
        } else if (key == "error_type") {
            place.fill_or_keep(Field::kErrorType, key, value);
        } else if (key != "details") {
            here.keep(value);
        }
    }
}

void read_answers(JsonValue answers, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue answer : answers.items()) {
        BodyPlace here = place.below(index++);
        answer.is_object() ? read_answer(answer, here) : here.keep(answer);
    }
}

// {"index", "token": {id, text, logprob, special}, "generated_text": null, "details": null}
void read_pieces(JsonValue chunks, const BodyPlace& place) {
    BodyScratch& scratch = place.scratch();
    std::string text;
    std::string tokens;
    std::string_view reason;
    JsonValue whole;
    size_t index = 0;
    for (JsonValue chunk : chunks.items()) {
        BodyPlace here = place.below(index++);
        for (auto [key, value] : chunk.members()) {
            if (key == "token" && value.is_object()) {
                bool special = value["special"].boolean().value_or(false);
                text += special ? std::string_view() : value["text"].text();
                count_token(value, scratch);
                tokens += tokens.empty() ? "[" : ",";
                value.append_json(tokens);
            } else if (key == "generated_text" && value.is_string()) {
                whole = value;
            } else if (key == "details" && value.is_object()) {
                read_details(value, here.below(key), reason);
            } else if (key == "error") {
                read_openai_error(value, here.below(key).path(), scratch, place.record());
            } else if (key == "error_type") {
                here.fill_or_keep(Field::kErrorType, key, value);
            } else if (key != "index") {
                here.keep(key, value);
            }
        }
        if (!chunk.is_object()) {
            here.keep(chunk);
        }
    }
    if (!tokens.empty()) {
        scratch.token_probabilities.item() += tokens + "]";
    }
    scratch.output.begin_message("assistant");
    scratch.output.text(whole.exists() ? whole.text() : std::string_view(text));
    scratch.output.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
    if (!whole.exists()) {
        place.record().append_to_list(Field::kRecordFlags, "incomplete_stream");
        place.record().set_boolean(Field::kResponseTruncated, true);
    }
}

}  // namespace

void read_tgi_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                      AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (auto [key, value] : body.members()) {
        BodyPlace here = place.below(key);
        if (key == "inputs" && value.is_string()) {
            scratch.input.begin_message("user");
            scratch.input.text(value.text());
            scratch.input.end_message();
        } else if (key == "stream") {
            place.fill_or_keep(Field::kGenAiRequestStream, key, value);
        } else if (key == "model") {
            place.fill_or_keep(Field::kGenAiRequestModel, key, value);
        } else if (key == "parameters" && value.is_object()) {
            for (auto [name, parameter] : value.members()) {
                if (!here.fill_member(kParameters, name, parameter)) {
                    add_member(scratch.parameters, name, parameter);
                }
            }
        } else {
            here.keep(value);
        }
    }
    fill_text(record, Field::kGenAiOperationName, "text_completion");
}

void read_tgi_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                       AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    fill_text(record, Field::kGenAiOperationName, "text_completion");
    if (!body["data"].is_array()) {
        read_answer(body, place);
        return;
    }
    read_answers(body["data"], place.below("data"));
    place.keep_others(body, {"data"});
}

void read_tgi_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                     AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    fill_text(record, Field::kGenAiOperationName, "text_completion");
    auto items = chunks.items();
    bool pieces = items.begin() != items.end() && (*items.begin())["token"].exists();
    pieces ? read_pieces(chunks, place) : read_answers(chunks, place);
}

}  // namespace llmtrail
