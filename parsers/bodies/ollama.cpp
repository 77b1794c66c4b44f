#include "bodies/ollama.h"

#include <algorithm>

#include "base/time.h"
#include "bodies/body_place.h"
#include "bodies/embedding.h"
#include "bodies/ollama_parts.h"
#include "bodies/openai.h"

namespace llmtrail {

namespace {

constexpr MemberField kAnswerMembers[] = {
    {"model", Field::kGenAiResponseModel},
    {"eval_count", Field::kGenAiUsageOutputTokens},
    {"prompt_eval_count", Field::kGenAiUsageInputTokens},
};

constexpr std::string_view kDetails[] = {
    "load_duration", "prompt_eval_duration", "eval_duration",
    "context",       "remote_host",          "remote_model",
};

// A member that says something of the whole answer.
void read_answer_member(const BodyPlace& place, JsonMember member) {
    auto [key, value] = member;
    AuditRecord& record = place.record();
    BodyPlace here = place.below(key);
    if (value.is_null() || place.fill_member(kAnswerMembers, key, value)) {
        return;
    }
    if (key == "created_at") {
        place.fill_or_keep(Field::kGenAiResponseCreated, key, value);
    } else if (key == "total_duration") {
        place.fill_or_keep(Field::kEventDuration, key, value);
    } else if (key == "embedding" || key == "embeddings") {
        read_embeddings(here, value);
    } else if (key == "error") {
        read_openai_error(value, here.path(), place.scratch(), record);
    } else if (key == "logprobs" && value.is_array()) {
        for (JsonValue token : value.items()) {
            if (auto logprob = token["logprob"].real()) {
                place.scratch().logprob_sum += *logprob;
                ++place.scratch().logprob_count;
            }
        }
        value.append_json(place.scratch().token_probabilities.item());
    } else if (std::find(std::begin(kDetails), std::end(kDetails), key) != std::end(kDetails)) {
        add_member(place.scratch().details, key, value);
    } else if (key != "done" || !value.boolean()) {
        here.keep(value);
    }
}

bool is_answer_text(std::string_view key, JsonValue value) {
    return (key == "message" && value.is_object()) ||
           ((key == "response" || key == "thinking" || key == "done_reason") && value.is_string());
}

void mark_incomplete(AuditRecord& record) {
    record.append_to_list(Field::kRecordFlags, "incomplete_stream");
    record.set_boolean(Field::kResponseTruncated, true);
}

// What a stream's pieces say together.
struct Sums {
    std::string_view role;
    std::string thinking;
    std::string text;
    std::string_view done_reason;
    bool done = false;
    JsonValue last_stamp;
};

void read_piece(JsonValue chunk, const BodyPlace& place, Sums& sums) {
    JsonValue message = chunk["message"];
    sums.thinking += chunk["thinking"].text();
    sums.thinking += message["thinking"].text();
    sums.text += chunk["response"].text();
    sums.text += message["content"].text();
    if (sums.role.empty()) {
        sums.role = message["role"].text();
    }
    sums.done = sums.done || chunk["done"].boolean().value_or(false);
    for (auto [key, value] : chunk.members()) {
        if (key == "done_reason" && value.is_string()) {
            sums.done_reason = value.text();
        } else if (key == "created_at") {
            sums.last_stamp = value;
            if (!place.record().has(Field::kGenAiResponseCreated)) {
                place.fill_or_keep(Field::kGenAiResponseCreated, key, value);
            }
        } else if (!is_answer_text(key, value)) {
            read_answer_member(place, {key, value});
        }
    }
}

void add_end(const BodyPlace& place, JsonValue stamp) {
    if (!place.record().has(Field::kEventEnd)) {
        fill(place.record(), Field::kEventEnd, stamp);
    }
}

}  // namespace

void read_ollama_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record) {
    if (body["choices"].is_array()) {
        read_openai_response(body, path, scratch, record);
        return;
    }
    BodyPlace place(path, scratch, record);
    JsonValue message = body["message"];
    JsonValue text = body["response"];
    std::string_view reason = body["done_reason"].text();
    if (message.is_object() || text.is_string()) {
        MessagesWriter& out = scratch.output;
        std::string_view role = message["role"].text();
        out.begin_message(role.empty() ? "assistant" : role);
        ollama::write_parts(message, place.below("message"), out, true);
        if (std::string_view thinking = body["thinking"].text(); !thinking.empty()) {
            out.reasoning(thinking);
        }
        if (!text.text().empty()) {
            out.text(text.text());
        }
        out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
    }
    add_finish_reason(record, reason);
    for (auto [key, value] : body.members()) {
        if (!is_answer_text(key, value)) {
            read_answer_member(place, {key, value});
        }
    }
    if (body["done"].boolean() == false) {
        mark_incomplete(record);
    }
}

void read_ollama_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    auto items = chunks.items();
    if (items.begin() != items.end() && (*items.begin())["choices"].exists()) {
        read_openai_stream(chunks, path, false, scratch, record);
        return;
    }
    BodyPlace place(path, scratch, record);
    Sums sums;
    MessagesWriter& out = scratch.output;
    size_t index = 0;
    for (JsonValue chunk : items) {
        BodyPlace here = place.below(index++);
        chunk.is_object() ? read_piece(chunk, here, sums) : here.keep(chunk);
    }
    out.begin_message(sums.role.empty() ? "assistant" : sums.role);
    if (!sums.thinking.empty()) {
        out.reasoning(sums.thinking);
    }
    if (!sums.text.empty()) {
        out.text(sums.text);
    }
    index = 0;
    for (JsonValue chunk : items) {  // calls and images are not cut into pieces
        BodyPlace line = place.below(index++);
        BodyPlace here = line.below("message");
        for (auto [key, value] : chunk["message"].members()) {
            if (key == "tool_calls") {
                ollama::write_calls(value, here.below(key), out, true);
            } else if (key == "images") {
                ollama::write_images(value, here.below(key), out);
            } else if (!value.is_string() ||
                       (key != "role" && key != "content" && key != "thinking")) {
                here.keep(key, value);
            }
        }
    }
    out.end_message(sums.done_reason.empty() ? sums.done_reason
                                             : normalized_finish_reason(sums.done_reason));
    add_finish_reason(record, sums.done_reason);
    add_end(place, sums.last_stamp);
    if (!sums.done) {
        mark_incomplete(record);
    }
}

}  // namespace llmtrail
