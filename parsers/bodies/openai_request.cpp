// Requests of all OpenAI-style APIs: one walk, each member by a sorted table.
#include <algorithm>
#include <array>

#include "bodies/openai.h"
#include "bodies/openai_parts.h"

namespace llmtrail::openai {

namespace {

enum class Take : uint8_t {
    kField,      // row.field; what does not fit is kept as a parameter
    kParameter,  // llm.audit.request.parameters, as given
    kMessages,
    kInput,
    kPrompt,
    kInstructions,
    kLogprobs,
    kReasoning,
    kOutputFormat,  // response_format
    kTextFormat,    // text
    kModalities,
    kConversation,
    kContent,  // of a thread's message
    kRole,
    kData,  // of a trace export
};

struct Row {
    std::string_view key;
    Take take;
    Field field = Field::kRequestParameters;
};

constexpr std::array kRows = {
    Row{"additional_instructions", Take::kInstructions},
    Row{"additional_messages", Take::kMessages},
    Row{"assistant_id", Take::kField, Field::kGenAiAgentId},
    Row{"audio", Take::kParameter},
    Row{"background", Take::kParameter},
    Row{"best_of", Take::kParameter},
    Row{"content", Take::kContent},
    Row{"conversation", Take::kConversation},
    Row{"data", Take::kData},
    Row{"description", Take::kParameter},
    Row{"dimensions", Take::kParameter},
    Row{"echo", Take::kParameter},
    Row{"encoding_format", Take::kField, Field::kGenAiRequestEncodingFormats},
    Row{"frequency_penalty", Take::kField, Field::kGenAiRequestFrequencyPenalty},
    Row{"function_call", Take::kParameter},
    Row{"functions", Take::kField, Field::kGenAiToolDefinitions},
    Row{"include", Take::kParameter},
    Row{"input", Take::kInput},
    Row{"instructions", Take::kInstructions},
    Row{"language", Take::kParameter},
    Row{"logit_bias", Take::kParameter},
    Row{"logprobs", Take::kLogprobs},
    Row{"max_completion_tokens", Take::kField, Field::kGenAiRequestMaxTokens},
    Row{"max_output_tokens", Take::kField, Field::kGenAiRequestMaxTokens},
    Row{"max_tokens", Take::kField, Field::kGenAiRequestMaxTokens},
    Row{"max_tool_calls", Take::kParameter},
    Row{"messages", Take::kMessages},
    Row{"modalities", Take::kModalities},
    Row{"model", Take::kField, Field::kGenAiRequestModel},
    Row{"n", Take::kField, Field::kGenAiRequestChoiceCount},
    Row{"name", Take::kField, Field::kGenAiAgentName},
    Row{"parallel_tool_calls", Take::kParameter},
    Row{"prediction", Take::kParameter},
    Row{"presence_penalty", Take::kField, Field::kGenAiRequestPresencePenalty},
    Row{"previous_response_id", Take::kParameter},
    Row{"prompt", Take::kPrompt},
    Row{"prompt_cache_key", Take::kParameter},
    Row{"quality", Take::kParameter},
    Row{"reasoning", Take::kReasoning},
    Row{"reasoning_effort", Take::kField, Field::kGenAiRequestReasoningEffort},
    Row{"response_format", Take::kOutputFormat},
    Row{"role", Take::kRole},
    Row{"safety_identifier", Take::kField, Field::kUserId},
    Row{"seed", Take::kField, Field::kGenAiRequestSeed},
    Row{"service_tier", Take::kField, Field::kGenAiRequestServiceTier},
    Row{"size", Take::kParameter},
    Row{"stop", Take::kField, Field::kGenAiRequestStopSequences},
    Row{"store", Take::kParameter},
    Row{"stream", Take::kField, Field::kGenAiRequestStream},
    Row{"stream_options", Take::kParameter},
    Row{"style", Take::kParameter},
    Row{"suffix", Take::kParameter},
    Row{"temperature", Take::kField, Field::kGenAiRequestTemperature},
    Row{"text", Take::kTextFormat},
    Row{"thread_id", Take::kField, Field::kGenAiConversationId},
    Row{"tool_choice", Take::kParameter},
    Row{"tool_resources", Take::kParameter},
    Row{"tools", Take::kField, Field::kGenAiToolDefinitions},
    Row{"top_k", Take::kField, Field::kGenAiRequestTopK},
    Row{"top_logprobs", Take::kParameter},
    Row{"top_p", Take::kField, Field::kGenAiRequestTopP},
    Row{"truncation", Take::kParameter},
    Row{"truncation_strategy", Take::kParameter},
    Row{"user", Take::kField, Field::kUserId},
    Row{"verbosity", Take::kParameter},
    Row{"voice", Take::kParameter},
    Row{"web_search_options", Take::kParameter},
};

static_assert(std::is_sorted(kRows.begin(), kRows.end(),
                             [](const Row& a, const Row& b) { return a.key < b.key; }));

const Row* row_of(std::string_view key) {
    const auto* row =
        std::lower_bound(kRows.begin(), kRows.end(), key,
                         [](const Row& a, std::string_view wanted) { return a.key < wanted; });
    return row != kRows.end() && row->key == key ? row : nullptr;
}

bool is_array_of_numbers(JsonValue value) {
    auto items = value.items();
    return items.begin() != items.end() && (*items.begin()).is_number();
}

// Texts, token arrays, or one array of tokens: parts of one user message.
void read_plain_input(JsonValue input, const BodyPlace& place) {
    MessagesWriter& out = place.scratch().input;
    out.begin_message("user");
    if (input.is_array() && !is_array_of_numbers(input)) {
        for (JsonValue item : input.items()) {
            item.is_string() ? out.text(item.text()) : out.given(item);
        }
    } else if (input.is_string()) {
        out.text(input.text());
    } else {
        out.given(input);
    }
    out.end_message();
}

void read_messages(JsonValue messages, const BodyPlace& place) {
    if (!messages.is_array()) {
        read_plain_input(messages, place);
        return;
    }
    size_t index = 0;
    for (JsonValue message : messages.items()) {
        read_message(message, place.below(index++), Side::kRequest, {});
    }
}

void read_input(JsonValue input, const BodyPlace& place) {
    auto items = input.items();
    bool objects = items.begin() != items.end() && (*items.begin()).is_object();
    if (objects) {
        read_input_items(input, place);
    } else if (input.is_string() || input.size() > 0) {
        read_plain_input(input, place);
    }
}

void take_logprobs(JsonValue value, const BodyPlace& place) {
    if (value.is_number()) {  // legacy completions: how many
        place.record().set_boolean(Field::kGenAiRequestLogprobs, true);
        add_member(place.scratch().parameters, "logprobs", value);
    } else {
        place.fill_or_keep(Field::kGenAiRequestLogprobs, "logprobs", value);
    }
}

void take_modalities(JsonValue value, const BodyPlace& place) {
    for (JsonValue item : value.items()) {
        if (item.text() == "audio") {
            fill_text(place.record(), Field::kGenAiOutputType, "speech");
        }
    }
    add_member(place.scratch().parameters, "modalities", value);
}

void take_prompt(JsonValue value, const BodyPlace& place) {
    if (value.is_object()) {  // Responses: a stored prompt and its variables
        add_member(place.scratch().parameters, "prompt", value);
    } else if ((value.is_string() && !value.text().empty()) || value.size() > 0) {
        read_plain_input(value, place);
    }
}

struct ThreadMessage {
    std::string_view role;
    JsonValue content;
};

void take_structured(const Row& row, JsonValue value, const BodyPlace& place,
                     ThreadMessage& message) {
    BodyScratch& scratch = place.scratch();
    switch (row.take) {
        case Take::kMessages:
            read_messages(value, place.below(row.key));
            break;
        case Take::kInput:
            read_input(value, place.below(row.key));
            break;
        case Take::kPrompt:
            take_prompt(value, place);
            break;
        case Take::kInstructions:
            value.is_string() ? add_system_text(scratch, value.text())
                              : add_member(scratch.parameters, row.key, value);
            break;
        case Take::kLogprobs:
            take_logprobs(value, place);
            break;
        case Take::kReasoning:
            fill(place.record(), Field::kGenAiRequestReasoningEffort, value["effort"]);
            add_member(scratch.parameters, row.key, value);
            break;
        case Take::kOutputFormat:
            set_output_type(value, place.record());
            add_member(scratch.parameters, row.key, value);
            break;
        case Take::kTextFormat:
            set_output_type(value["format"], place.record());
            add_member(scratch.parameters, row.key, value);
            break;
        case Take::kModalities:
            take_modalities(value, place);
            break;
        case Take::kConversation:
            if (!fill(place.record(), Field::kGenAiConversationId,
                      value.is_object() ? value["id"] : value)) {
                place.keep(row.key, value);
            }
            break;
        case Take::kContent:
            message.content = value;
            break;
        case Take::kRole:
            message.role = value.text();
            break;
        case Take::kData:
            read_trace_spans(value, place.below(row.key));
            break;
        case Take::kField:
        case Take::kParameter:
            break;
    }
}

void read_request(JsonValue body, const BodyPlace& place) {
    ThreadMessage message;
    for (auto [key, value] : body.members()) {
        if (value.is_null()) {
            continue;
        }
        const Row* row = row_of(key);
        if (row == nullptr) {
            place.keep(key, value);
        } else if (row->take == Take::kParameter) {
            add_member(place.scratch().parameters, key, value);
        } else if (row->take == Take::kField) {
            if (!fill(place.record(), row->field, value)) {
                add_member(place.scratch().parameters, key, value);
            }
        } else {
            take_structured(*row, value, place, message);
        }
    }
    if (message.content.exists()) {
        MessagesWriter& out = place.scratch().input;
        out.begin_message(message.role);
        read_content(message.content, place.below("content"), out, Side::kRequest);
        out.end_message();
    } else if (!message.role.empty()) {
        place.keep("role", body["role"]);
    }
}

}  // namespace

}  // namespace llmtrail::openai

namespace llmtrail {

void read_openai_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                         AuditRecord& record) {
    openai::read_request(body, BodyPlace(path, scratch, record));
}

void read_openai_messages(JsonValue messages, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record) {
    auto items = messages.items();
    bool chat = items.begin() != items.end() && (*items.begin()).is_object();
    BodyPlace place(path, scratch, record);
    if (chat) {
        openai::read_messages(messages, place);
    } else if (messages.is_string() || messages.size() > 0) {
        openai::read_plain_input(messages, place);
    }
}

}  // namespace llmtrail
