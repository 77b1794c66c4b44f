#include "parsers/framework_chat.h"

#include <algorithm>
#include <array>

#include "bodies/anthropic.h"
#include "bodies/redaction.h"
#include "parsers/framework_answer.h"
#include "parsers/framework_documents.h"
#include "parsers/framework_metadata.h"
#include "parsers/framework_part.h"
#include "parsers/framework_printed.h"

namespace llmtrail {

namespace {

constexpr std::string_view kInputTexts[] = {
    "input",   "question",   "query",       "prompt",       "text",
    "message", "user_input", "userInput",   "user_message", "user_query",
    "content", "chat_input", "human_input", "user_prompt",  "texts"};
constexpr std::string_view kOutputTexts[] = {
    "output",  "answer",       "response",     "result",       "text",
    "content", "completion",   "generation",   "message",      "output_text",
    "outputs", "final_output", "final_answer", "final_result", "return_value"};
constexpr std::string_view kHistories[] = {"chat_history", "history", "conversation_history"};
constexpr std::string_view kDocuments[] = {
    "documents", "source_documents",   "sourceDocuments", "context", "sources",
    "docs",      "retrieved_documents"};

bool is_one_of(std::string_view key, std::span<const std::string_view> keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

MessagesWriter& writer_of(const BodyPlace& place, ChatUse use) {
    return use.side == ChatSide::kInput ? place.scratch().input : place.scratch().output;
}

// A tool offered to the model, which LangChain's Langfuse handler lists among the messages.
bool is_tool_message(JsonValue message) {
    return message["role"].text() == "tool" && message["content"]["function"].is_object();
}

bool is_chat_list(JsonValue list) {
    size_t messages = 0;
    for (JsonValue item : list.items()) {
        if (!is_chat_message(item)) {
            return false;
        }
        ++messages;
    }
    return messages > 0;
}

// A message that Python printed: what was said is its text, all of it is kept beside.
void add_printed_message(JsonValue value, const BodyPlace& place, ChatUse use) {
    PrintedMessage printed = read_printed_message(value.text());
    MessagesWriter& out = writer_of(place, use);
    out.begin_message(printed.role);
    if (printed.whole) {
        out.text(printed.content);
        place.keep(value);
    } else {
        out.text(value.text());
    }
    out.end_message();
}

void read_chat_list(JsonValue list, const BodyPlace& place, ChatUse use) {
    std::string tools = "[";
    size_t index = 0;
    for (JsonValue item : list.items()) {
        BodyPlace here = place.below(index++);
        if (is_tool_message(item)) {
            tools += tools.size() > 1 ? "," : "";
            append_redacted_json(tools, "tools", item["content"]);
            here.keep_others(item, {"role", "content"});
        } else if (is_chat_message(item)) {
            read_chat_message(item, here, use);
        } else if (item.is_string()) {
            add_printed_message(item, here, use);
        } else {
            here.keep(item);
        }
    }
    tools += "]";
    AuditRecord& record = place.record();
    if (tools.size() > 2 && !record.has(Field::kGenAiToolDefinitions)) {
        record.set_json(Field::kGenAiToolDefinitions, tools);
    } else if (tools.size() > 2) {
        place.scratch().unmapped.add_json(place.below("tools").path(), tools);
    }
}

// "messages": a list, a list of lists (LangChain's batches) or texts.
bool read_messages_member(JsonValue messages, const BodyPlace& place, ChatUse use) {
    if (messages.is_object() && is_chat_message(messages)) {
        read_chat_message(messages, place, use);
        return true;
    }
    auto first = messages.items().begin();
    if (messages.size() == 0) {
        return false;
    }
    JsonValue head = *first;
    if (head.is_array()) {
        size_t index = 0;
        for (JsonValue list : messages.items()) {
            read_chat_list(list, place.below(index++), use);
        }
        return true;
    }
    if (!is_chat_message(head) && !head.is_string()) {
        return false;
    }
    read_chat_list(messages, place, use);
    return true;
}

bool each(JsonValue list, bool (*holds)(JsonValue)) {
    bool all = list.size() > 0;
    for (JsonValue item : list.items()) {
        all = all && holds(item);
    }
    return all;
}

bool is_sdk_call(JsonValue value) {
    bool of_sdk = value["toolName"].is_string() && value["toolCallId"].is_string();
    bool of_openai =
        value["function"]["name"].is_string() && value["function"]["arguments"].exists();
    return of_sdk || of_openai;
}

bool is_text_or_part(JsonValue value) {
    return value.is_string() || is_chat_part(value);
}

bool is_array(JsonValue value) {
    return value.is_array();
}

bool read_chat_array(JsonValue list, const BodyPlace& place, ChatUse use) {
    if (is_chat_list(list)) {
        read_chat_list(list, place, use);
        return true;
    }
    if (each(list, is_array)) {
        return is_chat_list(*list.items().begin()) && read_messages_member(list, place, use);
    }
    if (each(list, is_sdk_call)) {
        MessagesWriter& out = writer_of(place, use);
        out.begin_message("assistant");
        write_framework_calls(list, place, out, use.side == ChatSide::kOutput);
        out.end_message();
        return true;
    }
    if (each(list, is_text_or_part)) {
        read_chat_parts(list, place, use);
        return true;
    }
    return false;
}

// {"messages": […], "tools", "temperature", …}
bool read_messages_object(JsonValue object, const BodyPlace& place, ChatUse use) {
    if (!read_messages_member(object["messages"], place.below("messages"), use)) {
        return false;
    }
    bool seen = false;
    bool request = use.of_call && use.side == ChatSide::kInput;
    size_t parameters = 0;
    for (JsonMember member : object.members()) {
        if (member.key == "messages" && !seen) {
            seen = true;
        } else if (member.key == "tools" || member.key == "functions") {
            read_tool_definitions(member.value, place, member.key);
        } else if (member.key == "system" && member.value.is_string()) {
            add_system_text(place.scratch(), member.value.text());
        } else if (request && ++parameters <= kCallParametersMax) {
            read_call_parameter(member, place);
        } else {
            place.keep(member.key, member.value);
        }
    }
    return true;
}

bool read_prompts(JsonValue prompts, const BodyPlace& place, ChatUse use) {
    size_t index = 0;
    for (JsonValue prompt : prompts.items()) {
        BodyPlace here = place.below(index++);
        if (prompt.is_string()) {
            add_chat_text(prompt.text(), here, use.side);
        } else {
            here.keep(prompt);
        }
    }
    return index > 0;
}

// The one member that holds the text or the messages; "" when there is none.
std::string_view text_key_of(JsonValue object, ChatUse use) {
    std::span<const std::string_view> keys = use.side == ChatSide::kInput
                                                 ? std::span<const std::string_view>(kInputTexts)
                                                 : std::span<const std::string_view>(kOutputTexts);
    for (std::string_view key : keys) {
        JsonValue value = object[key];
        if ((value.is_string() && !value.text().empty()) || value.is_container()) {
            return key;
        }
    }
    return {};
}

bool read_named_text(JsonValue object, const BodyPlace& place, ChatUse use) {
    std::string_view text_key = text_key_of(object, use);
    if (text_key.empty()) {
        return false;
    }
    for (std::string_view key : kHistories) {
        if (is_chat_list(object[key])) {
            read_chat_list(object[key], place.below(key), use);
        }
    }
    JsonValue value = object[text_key];
    if (value.is_string()) {
        add_chat_text(value.text(), place, use.side);
    } else if (!read_chat(value, place.below(text_key), use)) {
        text_key = {};
    }
    bool wrote = !text_key.empty();
    bool history = false;
    for (std::string_view key : kHistories) {
        history = history || is_chat_list(object[key]);
    }
    if (!wrote && !history) {
        return false;
    }
    bool seen = false;
    for (JsonMember member : object.members()) {
        if (member.key == text_key && !seen) {
            seen = true;
        } else if (is_one_of(member.key, kHistories) && is_chat_list(member.value)) {
            continue;
        } else if (is_one_of(member.key, kDocuments) && is_document_list(member.value)) {
            read_documents(member.value, place.below(member.key));
        } else {
            place.keep(member.key, member.value);
        }
    }
    return true;
}

// A prompt value of LangChain: {"lc": 1, "kwargs": {"messages": […]}} or {"text": "…"}
bool read_prompt_value(JsonValue object, const BodyPlace& place, ChatUse use) {
    JsonValue kwargs = object["kwargs"];
    if (!object["lc"].exists() || !kwargs.is_object()) {
        return false;
    }
    BodyPlace inner = place.below("kwargs");
    bool read = read_messages_object(kwargs, inner, use) || read_named_text(kwargs, inner, use);
    if (read) {
        place.keep_others(object, {"lc", "type", "id", "kwargs"});
    }
    return read;
}

bool read_chat_object(JsonValue object, const BodyPlace& place, ChatUse use) {
    if (object["type"].text() == "message" && object["role"].is_string() &&
        (object["stop_reason"].exists() || object["usage"].is_object()) && use.of_call) {
        read_anthropic_response(object, place.path(), place.scratch(), place.record());
        return true;
    }
    if (is_chat_message(object)) {
        read_chat_message(object, place, use);
        return true;
    }
    if (read_prompt_value(object, place, use) || read_answer(object, place, use) ||
        read_gemini(object, place, use)) {
        return true;
    }
    if (object["messages"].exists()) {
        return read_messages_object(object, place, use) || read_named_text(object, place, use);
    }
    if (use.side == ChatSide::kInput && object["prompts"].is_array() &&
        read_prompts(object["prompts"], place.below("prompts"), use)) {
        place.keep_others(object, {"prompts"});
        return true;
    }
    if (is_chat_message(object["message"])) {
        read_chat_message(object["message"], place.below("message"), use, finish_reason_in(object));
        place.keep_others(object, {"message", "finish_reason"});
        return true;
    }
    return read_named_text(object, place, use);
}

}  // namespace

bool read_chat(JsonValue value, const BodyPlace& place, ChatUse use) {
    return value.is_array()    ? read_chat_array(value, place, use)
           : value.is_object() ? read_chat_object(value, place, use)
                               : false;
}

void read_tool_definitions(JsonValue tools, const BodyPlace& place, std::string_view key) {
    place.fill_or_keep(Field::kGenAiToolDefinitions, key, tools);
}

void set_answer_text(const BodyScratch& scratch, AuditRecord& record) {
    std::string_view answer = scratch.output.last_text_of("assistant");
    if (!scratch.output.has_user()) {
        return;
    }
    record.set_text(Field::kResponseText, answer);
    record.remove(Field::kResponseBytes);
    if (!answer.empty()) {
        record.set_integer(Field::kResponseBytes, static_cast<int64_t>(answer.size()));
    }
}

}  // namespace llmtrail
