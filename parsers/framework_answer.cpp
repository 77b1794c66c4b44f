#include "parsers/framework_answer.h"

#include <algorithm>

#include "bodies/gemini_parts.h"
#include "bodies/openai.h"
#include "bodies/openai_parts.h"
#include "parsers/framework_chat.h"
#include "parsers/framework_part.h"
#include "parsers/framework_usage.h"

namespace llmtrail {

namespace {

constexpr MemberField kCompletionMembers[] = {
    {"id", Field::kGenAiResponseId},
    {"created", Field::kGenAiResponseCreated},
    {"model", Field::kGenAiResponseModel},
    {"service_tier", Field::kGenAiResponseServiceTier},
    {"system_fingerprint", Field::kGenAiResponseSystemFingerprint},
};

// wrap_openai of an older langsmith puts the whole last choice where its reason belongs.
void read_nested_reason(JsonValue choice, const BodyPlace& place) {
    JsonValue reason = choice["finish_reason"]["finish_reason"];
    if (reason.is_string()) {
        add_finish_reason(place.record(), reason.text());
    }
}

void read_choices(JsonValue choices, const BodyPlace& place) {
    size_t index = 0;
    for (JsonValue choice : choices.items()) {
        BodyPlace here = place.below(index);
        openai::read_choice(choice, here, index++);
        read_nested_reason(choice, here);
    }
    fill_integer(place.record(), Field::kGenAiResponseChoiceCount, static_cast<int64_t>(index));
}

void read_completion(JsonValue object, const BodyPlace& place) {
    for (JsonMember member : object.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key == "choices" && member.value.is_array()) {
            read_choices(member.value, here);
        } else if (member.key == "usage" && member.value.is_object()) {
            openai::read_usage(member.value, here);
        } else if (member.key == "usage_metadata" && member.value.is_object()) {
            read_token_counts(member.value, here);
        } else if (member.key == "prompt_filter_results") {
            openai::read_prompt_filter_results(member.value, here);
        } else if (member.key == "error") {
            openai::read_error(member.value, here);
        } else if (!place.fill_member(kCompletionMembers, member.key, member.value)) {
            here.keep(member.value);
        }
    }
}

// {"text", "message", "generation_info"}; the text repeats the message's.
void read_generation(JsonValue generation, const BodyPlace& place, ChatUse use) {
    JsonMember info = {"generation_info", generation["generation_info"]};
    if (!info.value.is_object()) {
        info = {"generationInfo", generation["generationInfo"]};
    }
    std::string_view reason = finish_reason_in(info.value);
    std::string_view text = generation["text"].text();
    MessagesWriter& out = place.scratch().output;
    size_t before = out.all_text().size();
    if (is_chat_message(generation["message"])) {
        read_chat_message(generation["message"], place.below("message"), use, reason);
        bool repeats = out.all_text().substr(std::min(before, out.all_text().size())).find(text) !=
                       std::string_view::npos;
        if (!repeats) {
            place.keep("text", generation["text"]);
        }
    } else {
        add_finish_reason(place.record(), reason);
        out.begin_message("assistant");
        out.text(text);
        out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
        place.keep("message", generation["message"]);
    }
    if (info.value.is_object()) {
        read_answer_facts(info.value, place.below(info.key));
    }
    std::string_view type = generation["type"].text();
    bool class_name = type == "ChatGeneration" || type == "Generation";
    place.keep_others(
        generation, {"text", "message", info.key, class_name ? "type" : std::string_view("text")});
}

bool read_generations(JsonValue object, const BodyPlace& place, ChatUse use) {
    BodyPlace all = place.below("generations");
    size_t index = 0;
    for (JsonValue list : object["generations"].items()) {
        BodyPlace here = all.below(index++);
        if (list.is_object()) {
            read_generation(list, here, use);
            continue;
        }
        size_t number = 0;
        for (JsonValue generation : list.items()) {
            read_generation(generation, here.below(number++), use);
        }
        if (!list.is_array()) {
            here.keep(list);
        }
    }
    for (JsonMember member : object.members()) {
        bool facts = member.key == "llm_output" || member.key == "llmOutput";
        if (facts && member.value.is_object() && use.of_call) {
            read_answer_facts(member.value, place.below(member.key));
        } else if (member.key != "generations" &&
                   !(member.key == "type" && member.value.text() == "LLMResult")) {
            place.keep(member.key, member.value);
        }
    }
    return true;
}

// {"text", "toolCalls", "finishReason", "usage"}
bool read_sdk_answer(JsonValue object, const BodyPlace& place, ChatUse use) {
    JsonValue calls = object["toolCalls"];
    if (!calls.is_array() && !object["finishReason"].is_string()) {
        return false;
    }
    std::string_view reason = object["finishReason"].text();
    MessagesWriter& out = place.scratch().output;
    out.begin_message("assistant");
    if (!object["text"].text().empty()) {
        out.text(object["text"].text());
    }
    write_framework_calls(calls, place.below("toolCalls"), out, true);
    out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
    if (use.of_call) {
        add_finish_reason(place.record(), reason);
    }
    for (JsonMember member : object.members()) {
        if (member.key == "usage" && use.of_call) {
            read_token_counts(member.value, place.below(member.key));
        } else if (member.key != "text" && member.key != "toolCalls" &&
                   (member.key != "finishReason" || !use.of_call)) {
            place.keep(member.key, member.value);
        }
    }
    return true;
}

void read_contents(JsonValue contents, const BodyPlace& place, ChatUse use) {
    size_t index = 0;
    for (JsonValue content : contents.items()) {
        BodyPlace here = place.below(index++);
        if (is_chat_message(content)) {
            read_chat_message(content, here, use);
        } else if (content["parts"].is_array()) {  // the user, where no one is named
            read_chat_parts(content["parts"], here.below("parts"), use);
            here.keep_others(content, {"parts"});
        } else {
            read_chat_parts(content, here, use);
        }
    }
    if (contents.is_string()) {
        add_chat_text(contents.text(), place, use.side);
    }
}

constexpr MemberField kGenerationConfig[] = {
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
    {"topP", Field::kGenAiRequestTopP},
    {"top_k", Field::kGenAiRequestTopK},
    {"topK", Field::kGenAiRequestTopK},
    {"max_output_tokens", Field::kGenAiRequestMaxTokens},
    {"maxOutputTokens", Field::kGenAiRequestMaxTokens},
    {"stop_sequences", Field::kGenAiRequestStopSequences},
    {"stopSequences", Field::kGenAiRequestStopSequences},
    {"seed", Field::kGenAiRequestSeed},
    {"model", Field::kGenAiRequestModel},
};

void read_gemini_request(JsonValue object, const BodyPlace& place, ChatUse use) {
    for (JsonMember member : object.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        bool config = key == "config" || key == "generation_config" || key == "generationConfig";
        if (key == "contents") {
            read_contents(member.value, here, use);
        } else if (key == "system_instruction" || key == "systemInstruction") {
            gemini::read_system_instruction(here, member.value);
        } else if (key == "tools") {
            read_tool_definitions(member.value, place, key);
        } else if (config && member.value.is_object()) {
            read_gemini_request(member.value, here, use);
        } else if (!place.fill_member(kGenerationConfig, key, member.value)) {
            here.keep(member.value);
        }
    }
}

// An answer or one of its candidates.
void read_candidate(JsonValue object, const BodyPlace& place, ChatUse use) {
    std::string_view reason = finish_reason_in(object);
    JsonValue content = object["content"];
    if (is_chat_message(content)) {
        read_chat_message(content, place.below("content"), use, reason);
    } else {
        read_chat_parts(content["parts"], place.below("content").below("parts"), use);
        if (use.of_call) {
            add_finish_reason(place.record(), reason);
        }
    }
    for (JsonMember member : object.members()) {
        bool of_reason = member.key == "finish_reason" || member.key == "finishReason";
        bool counts = member.key == "usage_metadata" || member.key == "usageMetadata";
        if (counts && use.of_call) {
            read_gemini_counts(member.value, place.below(member.key));
        } else if (member.key != "content" && (!of_reason || !use.of_call)) {
            place.keep(member.key, member.value);
        }
    }
}

}  // namespace

bool read_answer(JsonValue object, const BodyPlace& place, ChatUse use) {
    if (use.side != ChatSide::kOutput) {
        return false;
    }
    if (object["choices"].is_array() && use.of_call) {
        read_completion(object, place);
        return true;
    }
    if (object["generations"].is_array()) {
        return read_generations(object, place, use);
    }
    if (object["object"].text() == "response" && use.of_call) {
        read_openai_response(object, place.path(), place.scratch(), place.record());
        return true;
    }
    return read_sdk_answer(object, place, use);
}

bool read_gemini(JsonValue object, const BodyPlace& place, ChatUse use) {
    bool input = use.side == ChatSide::kInput;
    if (input && (object["contents"].is_array() || object["contents"].is_string())) {
        read_gemini_request(object, place, use);
        return true;
    }
    if (input && object["new_message"]["parts"].is_array()) {
        JsonValue message = object["new_message"];
        BodyPlace here = place.below("new_message");
        is_chat_message(message) ? read_chat_message(message, here, use)
                                 : read_chat_parts(message["parts"], here.below("parts"), use);
        place.keep_others(object, {"new_message"});
        return true;
    }
    if (!input && object["content"]["parts"].is_array()) {
        read_candidate(object, place, use);
        return true;
    }
    if (!input && object["candidates"].is_array()) {
        BodyPlace list = place.below("candidates");
        size_t index = 0;
        for (JsonValue candidate : object["candidates"].items()) {
            read_candidate(candidate, list.below(index++), use);
        }
        for (JsonMember member : object.members()) {
            bool counts = member.key == "usage_metadata" || member.key == "usageMetadata";
            if (counts && use.of_call) {
                read_gemini_counts(member.value, place.below(member.key));
            } else if (member.key != "candidates") {
                place.keep(member.key, member.value);
            }
        }
        return true;
    }
    return false;
}

}  // namespace llmtrail
