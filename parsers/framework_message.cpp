#include "parsers/framework_message.h"

#include <algorithm>
#include <array>

#include "bodies/openai_parts.h"
#include "parsers/framework_part.h"
#include "parsers/framework_usage.h"

namespace llmtrail {

namespace {

struct RoleRow {
    std::string_view word;  // "type" of a dumped message, or the class of a constructor
    std::string_view role;
};

constexpr auto kRoles = std::to_array<RoleRow>({
    {"human", "user"},
    {"ai", "assistant"},
    {"user", "user"},
    {"assistant", "assistant"},
    {"system", "system"},
    {"developer", "developer"},
    {"tool", "tool"},
    {"function", "function"},
    {"HumanMessage", "user"},
    {"AIMessage", "assistant"},
    {"SystemMessage", "system"},
    {"ToolMessage", "tool"},
    {"FunctionMessage", "function"},
    {"ChatMessage", ""},
    {"chat", ""},
});

const RoleRow* role_row(std::string_view word) {
    if (word.ends_with("Chunk")) {
        word.remove_suffix(std::string_view("Chunk").size());
    }
    const auto* row = std::find_if(kRoles.begin(), kRoles.end(),
                                   [&](const RoleRow& one) { return one.word == word; });
    return row == kRoles.end() ? nullptr : row;
}

// {"lc": 1, "type": "constructor", "id": ["langchain", …, "HumanMessage"], "kwargs": {…}}
std::string_view class_of(JsonValue value) {
    std::string_view name;
    if (value["kwargs"].is_object()) {
        for (JsonValue part : value["id"].items()) {
            name = part.text();
        }
    }
    return name;
}

bool has_content(JsonValue value) {
    return value["content"].exists() || value["parts"].is_array() ||
           value["tool_calls"].is_array() || value["text"].is_string() ||
           value["function_call"].is_object();
}

// Where a message's members stand, and whose it is.
struct Frame {
    JsonValue body;
    std::string_view below;  // the member of the message that holds them; "": itself
    std::string_view role;
    bool known = false;
};

Frame frame_of(JsonValue message) {
    if (const RoleRow* row = role_row(class_of(message))) {
        JsonValue body = message["kwargs"];
        std::string_view role = row->role.empty() ? body["role"].text() : row->role;
        return {body, "kwargs", role, true};
    }
    const RoleRow* row = role_row(message["type"].text());
    if (row != nullptr && message["data"].is_object()) {
        return {message["data"], "data", row->role, true};
    }
    std::string_view role = message["role"].text();
    if (!role.empty()) {
        const RoleRow* named = role_row(role);
        bool short_form = named != nullptr && !named->role.empty();
        return {message, {}, short_form ? named->role : role, has_content(message)};
    }
    if (row != nullptr) {
        return {message, {}, row->role, has_content(message)};
    }
    return {message, {}, {}, false};
}

// OpenAI's own reader does for messages with nothing else in them.
bool is_plain(JsonValue message) {
    constexpr std::string_view kMembers[] = {
        "role",    "content",       "name",  "tool_calls",  "tool_call_id",
        "refusal", "function_call", "audio", "annotations", "reasoning_content"};
    if (!message["role"].is_string()) {
        return false;
    }
    for (JsonMember member : message.members()) {
        if (std::find(std::begin(kMembers), std::end(kMembers), member.key) == std::end(kMembers)) {
            return false;
        }
    }
    for (JsonValue call : message["tool_calls"].items()) {
        if (!call["function"].is_object()) {
            return false;
        }
    }
    JsonValue content = message["content"];
    bool parts = content.is_object();
    for (JsonValue part : content.items()) {
        parts = parts || is_framework_part(part);
    }
    return !parts;
}

struct Message {
    std::string_view name;
    std::string_view call_id;
    JsonMember content;
    JsonMember calls;
    JsonValue more;    // additional_kwargs
    JsonValue facts;   // response_metadata
    JsonValue counts;  // usage_metadata
    JsonValue refusal;
    JsonValue thought;
};

Message collect(const Frame& frame, const BodyPlace& place) {
    Message found;
    for (JsonMember member : frame.body.members()) {
        auto [key, value] = member;
        bool of_content = key == "content" || key == "parts" || key == "text";
        if (key == "role" && value.is_string()) {
            continue;
        }
        if (key == "type" && (role_row(value.text()) != nullptr || value.text() == "message")) {
            continue;
        }
        if (of_content && !found.content.value.exists()) {
            found.content = member;
        } else if (key == "name" && value.is_string()) {
            found.name = value.text();
        } else if (key == "tool_call_id" && value.is_string()) {
            found.call_id = value.text();
        } else if (key == "tool_calls" || (key == "function_call" && value.is_object())) {
            found.calls = member;
        } else if (key == "additional_kwargs" && value.is_object()) {
            found.more = value;
        } else if (key == "response_metadata" && value.is_object()) {
            found.facts = value;
        } else if (key == "usage_metadata" && value.is_object()) {
            found.counts = value;
        } else if (key == "refusal" && (value.is_string() || value.is_null())) {
            found.refusal = value;
        } else if ((key == "reasoning_content" || key == "reasoning") && value.is_string()) {
            found.thought = value;
        } else if (key != "finish_reason" || !value.is_string()) {
            place.keep(key, value);
        }
    }
    return found;
}

// The calls of a LangChain message: its own list, else what the provider's answer said.
void write_all_calls(const Message& message, const BodyPlace& place, MessagesWriter& out,
                     bool answer) {
    JsonValue own = message.calls.value;
    bool has_own = own.size() > 0;
    if (has_own && !holds_calls(message.content.value, own)) {
        write_framework_calls(own, place.below(message.calls.key), out, answer);
    }
    BodyPlace more = place.below("additional_kwargs");
    for (JsonMember member : message.more.members()) {
        bool calls = member.key == "tool_calls" || member.key == "function_call";
        if (calls && !has_own) {
            write_framework_calls(member.value, more.below(member.key), out, answer);
        } else if (!calls) {
            more.keep(member.key, member.value);
        }
    }
}

void write_content(JsonMember content, const BodyPlace& place, MessagesWriter& out, bool answer) {
    BodyPlace here = place.below(content.key);
    JsonValue value = content.value;
    if (value.is_object() && value["parts"].is_array()) {  // Gemini's {"parts", "role"}
        here.keep_others(value, {"parts", "role"});
        content = {"parts", value["parts"]};
        write_content(content, here, out, answer);
    } else if (value.is_array()) {
        size_t index = 0;
        for (JsonValue part : value.items()) {
            write_framework_part(part, here.below(index++), out, answer);
        }
    } else if (value.is_object()) {
        write_framework_part(value, here, out, answer);
    } else if (value.is_string()) {
        if (!value.text().empty()) {
            out.text(value.text());
        }
    } else {
        here.keep(value);
    }
}

constexpr std::string_view kReasonKeys[] = {"finish_reason", "finishReason", "stop_reason",
                                            "stopReason", "done_reason"};

constexpr MemberField kAnswerFacts[] = {
    {"model_name", Field::kGenAiResponseModel},
    {"model", Field::kGenAiResponseModel},
    {"modelName", Field::kGenAiResponseModel},
    {"system_fingerprint", Field::kGenAiResponseSystemFingerprint},
    {"service_tier", Field::kGenAiResponseServiceTier},
    {"id", Field::kGenAiResponseId},
    {"model_provider", Field::kGenAiProviderName},
};

bool is_counts_key(std::string_view key) {
    return key == "token_usage" || key == "tokenUsage" || key == "usage" ||
           key == "usage_metadata" || key == "estimatedTokenUsage";
}

}  // namespace

std::string_view finish_reason_in(JsonValue facts) {
    for (std::string_view key : kReasonKeys) {
        if (facts[key].is_string()) {
            return facts[key].text();
        }
    }
    return {};
}

void read_answer_facts(JsonValue facts, const BodyPlace& place) {
    std::string_view reason = finish_reason_in(facts);
    for (JsonMember member : facts.members()) {
        bool of_reason = std::find(std::begin(kReasonKeys), std::end(kReasonKeys), member.key) !=
                         std::end(kReasonKeys);
        if (of_reason && member.value.text() == reason) {
            continue;
        }
        if (is_counts_key(member.key) && member.value.is_object()) {
            read_token_counts(member.value, place.below(member.key));
        } else if (member.key == "logprobs" && !member.value.is_null()) {
            openai::read_logprobs(member.value, place.below(member.key));
        } else if (!place.fill_member(kAnswerFacts, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
}

bool is_chat_message(JsonValue value) {
    return value.is_object() && frame_of(value).known;
}

bool is_chat_part(JsonValue value) {
    return is_framework_part(value) ||
           (value.is_object() && value["type"].is_string() && value["text"].is_string());
}

void add_chat_text(std::string_view text, const BodyPlace& place, ChatSide side) {
    if (!text.empty()) {
        bool input = side == ChatSide::kInput;
        MessagesWriter& out = input ? place.scratch().input : place.scratch().output;
        out.begin_message(input ? "user" : "assistant");
        out.text(text);
        out.end_message();
    }
}

void read_chat_parts(JsonValue parts, const BodyPlace& place, ChatUse use) {
    bool input = use.side == ChatSide::kInput;
    MessagesWriter& out = input ? place.scratch().input : place.scratch().output;
    out.begin_message(input ? "user" : "assistant");
    size_t index = 0;
    for (JsonValue part : parts.items()) {
        write_framework_part(part, place.below(index++), out, !input);
    }
    if (!parts.is_array()) {
        write_framework_part(parts, place, out, !input);
    }
    out.end_message();
}

void read_chat_message(JsonValue message, const BodyPlace& place, ChatUse use,
                       std::string_view reason) {
    bool output = use.side == ChatSide::kOutput;
    MessagesWriter& out = output ? place.scratch().output : place.scratch().input;
    Frame frame = frame_of(message);
    std::string_view own_reason = frame.body["finish_reason"].text();
    if (own_reason.empty()) {
        own_reason = finish_reason_in(frame.body["response_metadata"]);
    }
    reason = own_reason.empty() ? reason : own_reason;
    std::string_view normalized = reason.empty() ? reason : normalized_finish_reason(reason);
    if (output && use.of_call) {
        add_finish_reason(place.record(), reason);
    }
    if (is_plain(message)) {
        openai::read_message(message, place,
                             output ? openai::Side::kAnswer : openai::Side::kRequest, normalized);
        return;
    }
    BodyPlace inner = place.below(frame.below);
    const BodyPlace& here = frame.below.empty() ? place : inner;
    if (!frame.below.empty()) {
        place.keep_others(message, {"lc", "type", "id", frame.below});
    }
    Message found = collect(frame, here);
    bool answer = output && (frame.role == "assistant" || frame.role == "model");
    out.begin_message(frame.role, found.name);
    if (found.thought.exists() && !found.thought.text().empty()) {
        out.reasoning(found.thought.text());
    }
    bool result = frame.role == "tool" || frame.role == "function";
    if (result && found.content.key != "parts") {
        out.tool_result(found.call_id, found.content.value);
        add_tool_result(place.scratch(), found.call_id.empty() ? found.name : found.call_id,
                        found.content.value);
    } else {
        if (found.content.value.exists()) {
            write_content(found.content, here, out, answer);
        }
        place.scratch().unmapped.add_text(here.below("tool_call_id").path(), found.call_id);
    }
    if (!found.refusal.text().empty()) {
        out.refusal(found.refusal.text());
        if (answer) {
            openai::mark_refused(place.record());
        }
    }
    write_all_calls(found, here, out, answer);
    out.end_message(normalized);
    if (answer && use.of_call) {
        read_token_counts(found.counts.exists() ? found.counts : JsonValue(),
                          here.below("usage_metadata"));
        read_answer_facts(found.facts, here.below("response_metadata"));
    } else {
        here.keep("usage_metadata", found.counts);
        here.keep("response_metadata", found.facts);
    }
}

}  // namespace llmtrail
