#include "bodies/completion_shape.h"

#include "bodies/bedrock_guardrail.h"
#include "bodies/stream_parts.h"

namespace llmtrail {

namespace {

void read_config(const CompletionRequestShape& shape, const BodyPlace& place, JsonValue config) {
    for (JsonMember member : config.members()) {
        if (!place.fill_member(shape.members, member.key, member.value)) {
            add_member(place.scratch().parameters, member.key, member.value);
        }
    }
    if (!config.is_object()) {
        place.keep(config);
    }
}

void add_answer(BodyScratch& scratch, std::string_view text, std::string_view reason) {
    scratch.output.begin_message("assistant");
    scratch.output.text(text);
    scratch.output.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
}

// One answer: the body itself or an element of its list.
void read_answer(const CompletionAnswerShape& shape, const BodyPlace& place, JsonValue answer,
                 UsageCounts& counts) {
    std::string_view reason = answer[shape.reason_key].text();
    for (JsonMember member : answer.members()) {
        std::string_view key = member.key;
        if (key == shape.text_key && member.value.is_string()) {
            add_answer(place.scratch(), member.value.text(), reason);
        } else if (key == shape.reason_key && member.value.is_string()) {
            add_finish_reason(place.record(), reason);
        } else if (key == shape.output_tokens_key && !counts.output.value.exists()) {
            counts.output = member;
        } else if (key == shape.input_tokens_key && !counts.input.value.exists()) {
            counts.input = member;
        } else if (!place.fill_member(shape.members, key, member.value) &&
                   !read_bedrock_member(place, key, member.value)) {
            place.keep(key, member.value);
        }
    }
}

struct StreamState {
    std::string text;
    std::string_view reason;
    UsageCounts counts;
    bool any = false;
};

void read_chunk(const CompletionAnswerShape& shape, const BodyPlace& place, JsonValue chunk,
                StreamState& state) {
    for (JsonMember member : chunk.members()) {
        std::string_view key = member.key;
        if (key == shape.text_key && member.value.is_string()) {
            state.text += member.value.text();
            state.any = true;
        } else if (key == shape.reason_key && member.value.is_string()) {
            state.reason = member.value.text();
        } else if (key == shape.output_tokens_key && member.value.is_number()) {
            state.counts.output = member;
        } else if (key == shape.input_tokens_key && member.value.is_number()) {
            state.counts.input = member;
        } else if (key == shape.list_key && member.value.is_array()) {
            BodyPlace list = place.below(key);
            size_t index = 0;
            for (JsonValue one : member.value.items()) {
                read_chunk(shape, list.below(index++), one, state);
            }
        } else if (key != "index" && !place.fill_member(shape.members, key, member.value) &&
                   !read_bedrock_member(place, key, member.value)) {
            place.keep(key, member.value);
        }
    }
}

}  // namespace

void read_completion_request(const CompletionRequestShape& shape, JsonValue body,
                             std::string_view path, BodyScratch& scratch, AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        if (member.key == shape.prompt_key && member.value.is_string()) {
            fill_text(record, Field::kGenAiOperationName, "text_completion");
            scratch.input.begin_message("user");
            scratch.input.text(member.value.text());
            scratch.input.end_message();
        } else if (!shape.config_key.empty() && member.key == shape.config_key) {
            read_config(shape, place.below(member.key), member.value);
        } else if (!place.fill_member(shape.members, member.key, member.value)) {
            add_member(scratch.parameters, member.key, member.value);
        }
    }
}

void read_completion_response(const CompletionAnswerShape& shape, JsonValue body,
                              std::string_view path, BodyScratch& scratch, AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    UsageCounts counts;
    if (shape.list_key.empty()) {
        read_answer(shape, place, body, counts);
        store_usage(place, counts);
        return;
    }
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        if (key == shape.list_key && member.value.is_array()) {
            BodyPlace list = place.below(key);
            size_t index = 0;
            for (JsonValue one : member.value.items()) {
                BodyPlace here = list.below(index++);
                if (one.is_object()) {
                    read_answer(shape, here, one, counts);
                } else {
                    here.keep(one);
                }
            }
        } else if (key == shape.input_tokens_key) {
            counts.input = member;
        } else if (!place.fill_member(shape.members, key, member.value) &&
                   !read_bedrock_member(place, key, member.value)) {
            place.keep(key, member.value);
        }
    }
    store_usage(place, counts);
}

void read_completion_stream(const CompletionAnswerShape& shape, JsonValue chunks,
                            std::string_view path, BodyScratch& scratch, AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    StreamState state;
    for_each_chunk(place, chunks, [&](const BodyPlace& here, size_t, JsonValue chunk) {
        read_chunk(shape, here, chunk, state);
    });
    if (state.any) {
        add_answer(scratch, state.text, state.reason);
    }
    add_finish_reason(record, state.reason);
    store_usage(place, state.counts);
    // A guardrail's own message ends without a reason.
    if (state.reason.empty() && !scratch.guardrail_triggered) {
        mark_incomplete_stream(record);
    }
}

}  // namespace llmtrail
