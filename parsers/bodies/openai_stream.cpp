// Streamed chat and text completions: the deltas of each choice put together.
#include <string>
#include <vector>

#include "bodies/openai.h"
#include "bodies/openai_parts.h"

namespace llmtrail::openai {

namespace {

constexpr size_t kChoicesMax = 128;    // of one stream; the API allows no more
constexpr size_t kToolCallsMax = 128;  // of one choice; deltas of further ones are kept unmapped
constexpr size_t kFilterCategoriesMax = 32;

struct CallSum {
    int64_t index = 0;
    std::string_view id;
    std::string_view name;
    std::string arguments;
};

// The gravest result of a category: chunks repeat them for each piece of text.
struct FilterSum {
    std::string_view category;
    JsonValue result;
    int rank = -1;
};

struct ChoiceSum {
    int64_t index = 0;
    std::string_view role;
    std::string content;
    std::string refusal;
    std::string reasoning;
    std::string_view finish_reason;
    std::vector<CallSum> calls;
    std::vector<FilterSum> filters;
    std::string logprobs;  // items of logprobs.content, without brackets
};

struct StreamSums {
    std::vector<ChoiceSum> choices;
    bool any_finished = false;
    bool object_seen = false;
    JsonValue usage;  // the last: some servers count up from chunk to chunk
};

template <typename Sum>
Sum* sum_at(std::vector<Sum>& sums, int64_t index, size_t limit) {
    for (auto sum = sums.rbegin(); sum != sums.rend(); ++sum) {
        if (sum->index == index) {
            return &*sum;
        }
    }
    if (sums.size() == limit) {
        return nullptr;
    }
    sums.emplace_back();
    sums.back().index = index;
    return &sums.back();
}

void read_call_delta(JsonValue delta, const BodyPlace& place, ChoiceSum& choice) {
    CallSum* call = sum_at(choice.calls, delta["index"].integer().value_or(0), kToolCallsMax);
    if (call == nullptr) {
        place.keep(delta);
        return;
    }
    for (auto [key, value] : delta.members()) {
        if (key == "id" && value.is_string()) {
            call->id = value.text().empty() ? call->id : value.text();
        } else if ((key == "function" || key == "custom") && value.is_object()) {
            for (auto [name, member] : value.members()) {
                if (name == "name" && member.is_string()) {
                    call->name = member.text().empty() ? call->name : member.text();
                } else if ((name == "arguments" || name == "input") && member.is_string()) {
                    call->arguments += member.text();
                } else {
                    place.below(key).keep(name, member);
                }
            }
        } else if (key != "index" &&
                   !(key == "type" && (value.text() == "function" || value.text() == "custom"))) {
            place.keep(key, value);
        }
    }
}

void read_function_delta(JsonValue function, const BodyPlace& place, ChoiceSum& choice) {
    CallSum* call = sum_at(choice.calls, 0, kToolCallsMax);
    for (auto [key, value] : function.members()) {
        if (key == "name" && value.is_string()) {
            call->name = value.text();
        } else if (key == "arguments" && value.is_string()) {
            call->arguments += value.text();
        } else {
            place.keep(key, value);
        }
    }
}

void read_delta(JsonValue delta, const BodyPlace& place, ChoiceSum& choice) {
    for (auto [key, value] : delta.members()) {
        if (key == "content" && value.is_string()) {
            choice.content += value.text();
        } else if (key == "role" && value.is_string()) {
            choice.role = value.text();
        } else if (key == "refusal" && value.is_string()) {
            choice.refusal += value.text();
        } else if ((key == "reasoning_content" || key == "reasoning") && value.is_string()) {
            choice.reasoning += value.text();
        } else if (key == "tool_calls" && value.is_array()) {
            size_t index = 0;
            for (JsonValue call : value.items()) {
                read_call_delta(call, place.below(key).below(index++), choice);
            }
        } else if (key == "function_call" && value.is_object()) {
            read_function_delta(value, place.below(key), choice);
        } else if (key == "annotations") {
            read_annotations(value, place.below(key));
        } else {
            place.keep(key, value);
        }
    }
}

int rank_of(JsonValue result) {
    std::string_view severity = result["severity"].text();
    int rank = severity == "high" ? 3 : severity == "medium" ? 2 : severity == "low" ? 1 : 0;
    if (result["detected"].boolean().value_or(false)) {
        rank += 4;
    }
    return result["filtered"].boolean().value_or(false) ? rank + 8 : rank;
}

void read_filters(JsonValue results, const BodyPlace& place, ChoiceSum& choice) {
    for (auto [category, result] : results.members()) {
        FilterSum* sum = nullptr;
        for (FilterSum& known : choice.filters) {
            if (known.category == category) {
                sum = &known;
            }
        }
        if (sum == nullptr && choice.filters.size() < kFilterCategoriesMax) {
            sum = &choice.filters.emplace_back();
            sum->category = category;
        }
        if (sum == nullptr || !result.is_object()) {
            place.keep(category, result);
        } else if (int rank = rank_of(result); rank > sum->rank) {
            sum->rank = rank;
            sum->result = result;
        }
    }
}

void read_logprob_delta(JsonValue logprobs, const BodyPlace& place, ChoiceSum& choice) {
    if (logprobs.is_null()) {
        return;
    }
    JsonValue tokens = logprobs["content"];
    if (!tokens.is_array() || tokens.size() == 0) {
        if (logprobs.size() > 0) {
            read_logprobs(logprobs, place);
        }
        return;
    }
    count_logprobs(tokens, place.scratch());
    for (JsonValue token : tokens.items()) {
        if (!choice.logprobs.empty()) {
            choice.logprobs.push_back(',');
        }
        token.append_json(choice.logprobs);
    }
    for (auto [key, value] : logprobs.members()) {
        if (key != "content") {
            place.keep(key, value);
        }
    }
}

void read_choice_delta(JsonValue delta, const BodyPlace& place, StreamSums& sums) {
    ChoiceSum* choice = sum_at(sums.choices, delta["index"].integer().value_or(0), kChoicesMax);
    if (choice == nullptr) {
        place.keep(delta);
        return;
    }
    for (auto [key, value] : delta.members()) {
        BodyPlace here = place.below(key);
        if ((key == "delta" || key == "message") && value.is_object()) {
            read_delta(value, here, *choice);
        } else if (key == "text" && value.is_string()) {
            choice->content += value.text();
        } else if (key == "finish_reason" && value.is_string()) {
            choice->finish_reason = value.text();
            sums.any_finished = true;
        } else if (key == "content_filter_results" && value.is_object()) {
            read_filters(value, here, *choice);
        } else if (key == "logprobs") {
            read_logprob_delta(value, here, *choice);
        } else if (key != "index") {
            here.keep(value);
        }
    }
}

void read_chunk(JsonValue chunk, const BodyPlace& place, StreamSums& sums) {
    static constexpr MemberField kFields[] = {
        {"id", Field::kGenAiResponseId},
        {"created", Field::kGenAiResponseCreated},
        {"model", Field::kGenAiResponseModel},
        {"service_tier", Field::kGenAiResponseServiceTier},
        {"system_fingerprint", Field::kGenAiResponseSystemFingerprint},
    };
    for (auto [key, value] : chunk.members()) {
        if (value.is_null()) {
            continue;
        }
        BodyPlace here = place.below(key);
        if (key == "choices" && value.is_array()) {
            size_t index = 0;
            for (JsonValue delta : value.items()) {
                read_choice_delta(delta, here.below(index++), sums);
            }
        } else if (place.fill_member(kFields, key, value) || key == "obfuscation") {
            continue;  // obfuscation: random padding against traffic analysis
        } else if (key == "object") {
            if (!sums.object_seen) {
                here.keep(value);
            }
            sums.object_seen = sums.object_seen || !value.text().empty();
        } else if (key == "usage" && value.is_object()) {
            sums.usage = value;
        } else if (key == "x_groq") {
            read_groq(value, here);
        } else if (key == "prompt_filter_results") {
            read_prompt_filter_results(value, here);
        } else if (key == "error") {
            read_error(value, here);
        } else {
            here.keep(value);
        }
    }
}

void write_calls(const ChoiceSum& choice, const BodyPlace& place, MessagesWriter& out) {
    for (const CallSum& call : choice.calls) {
        out.tool_call(call.id, call.name, std::string_view(call.arguments));
        add_tool_call(place.scratch(), call.id, call.name, std::string_view(call.arguments));
    }
}

bool write_filters(const ChoiceSum& choice, const BodyPlace& place) {
    bool filtered = false;
    for (const FilterSum& filter : choice.filters) {
        filtered = read_filter_result(filter.category, filter.result,
                                      place.below("content_filter_results").below(filter.category),
                                      "output") ||
                   filtered;
    }
    return filtered;
}

void write_choice(const ChoiceSum& choice, const BodyPlace& place) {
    BodyScratch& scratch = place.scratch();
    MessagesWriter& out = scratch.output;
    std::string_view raw = choice.finish_reason;
    std::string_view reason = raw.empty() ? raw : normalized_finish_reason(raw);
    add_finish_reason(place.record(), raw);
    bool filtered = write_filters(choice, place);
    if (reason == "content_filter" && !filtered) {
        add_unnamed_block(scratch, "output");
    }
    out.begin_message(choice.role.empty() ? "assistant" : choice.role);
    if (!choice.reasoning.empty()) {
        out.reasoning(choice.reasoning);
    }
    if (!choice.content.empty()) {
        out.text(choice.content);
    }
    if (!choice.refusal.empty()) {
        out.refusal(choice.refusal);
        mark_refused(place.record());
    }
    write_calls(choice, place, out);
    out.end_message(reason);
    if (!choice.logprobs.empty()) {
        std::string& item = scratch.token_probabilities.item();
        item += "{\"content\":[";
        item += choice.logprobs;
        item += "]}";
    }
}

}  // namespace

void read_chat_chunks(JsonValue chunks, const BodyPlace& place, bool done) {
    StreamSums sums;
    size_t index = 0;
    for (JsonValue chunk : chunks.items()) {
        BodyPlace here = place.below(index++);
        if (chunk.is_object()) {
            read_chunk(chunk, here, sums);
        } else if (chunk.text() == "[DONE]") {
            done = true;
        } else {
            here.keep(chunk);
        }
    }
    for (const ChoiceSum& choice : sums.choices) {
        write_choice(choice, place.below("choices").below(static_cast<size_t>(choice.index)));
    }
    if (sums.usage.exists()) {
        read_usage(sums.usage, place.below("usage"));
    }
    if (!sums.choices.empty()) {
        fill_integer(place.record(), Field::kGenAiResponseChoiceCount,
                     static_cast<int64_t>(sums.choices.size()));
    }
    if (!done && !sums.any_finished) {
        mark_incomplete(place.record());
    }
}

}  // namespace llmtrail::openai

namespace llmtrail {

void read_openai_stream(JsonValue chunks, std::string_view path, bool done, BodyScratch& scratch,
                        AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonValue chunk : chunks.items()) {
        if (!chunk.is_object()) {
            continue;
        }
        if (chunk["type"].text().starts_with("response.")) {
            openai::read_response_events(chunks, place);
            return;
        }
        if (chunk["object"].text().starts_with("thread")) {
            openai::read_thread_events(chunks, place, done);
            return;
        }
        break;
    }
    openai::read_chat_chunks(chunks, place, done);
}

}  // namespace llmtrail
