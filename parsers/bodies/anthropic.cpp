#include "bodies/anthropic.h"

#include <algorithm>

#include "bodies/bedrock_guardrail.h"

namespace llmtrail {

namespace {

constexpr MemberField kRequestMembers[] = {
    {"model", Field::kGenAiRequestModel},
    {"max_tokens", Field::kGenAiRequestMaxTokens},
    {"max_tokens_to_sample", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"top_p", Field::kGenAiRequestTopP},
    {"top_k", Field::kGenAiRequestTopK},
    {"stop_sequences", Field::kGenAiRequestStopSequences},
    {"stream", Field::kGenAiRequestStream},
    {"service_tier", Field::kGenAiRequestServiceTier},
    {"tools", Field::kGenAiToolDefinitions},
};

constexpr std::string_view kParameters[] = {
    "tool_choice",        "thinking",    "anthropic_version", "anthropic_beta",
    "context_management", "mcp_servers", "output_config"};

constexpr MemberField kResponseMembers[] = {
    {"id", Field::kGenAiResponseId},
    {"model", Field::kGenAiResponseModel},
};

void write_image(const BodyPlace& place, JsonValue block, MessagesWriter& out) {
    JsonValue source = block["source"];
    std::string_view type = source["type"].text();
    if (type == "base64" && source["data"].is_string()) {
        out.blob("image", source["media_type"].text(), source["data"].text());
        place.below("source").keep_others(source, {"type", "media_type", "data"});
    } else if (type == "url" && source["url"].is_string()) {
        out.uri("image", source["url"].text());
        place.below("source").keep_others(source, {"type", "url"});
    } else if (type == "file" && source["file_id"].is_string()) {
        out.file("image", source["file_id"].text());
        place.below("source").keep_others(source, {"type", "file_id"});
    } else {
        out.given(block);
        return;
    }
    place.keep_others(block, {"type", "source"});
}

void write_content(const BodyPlace& place, JsonValue content, MessagesWriter& out, bool of_answer) {
    if (content.is_string()) {
        out.text(content.text());
        return;
    }
    if (!content.is_array()) {
        place.keep(content);
        return;
    }
    size_t index = 0;
    for (JsonValue block : content.items()) {
        write_anthropic_block(place.below(index++), block, out, of_answer);
    }
}

void read_system(const BodyPlace& place, JsonValue system) {
    if (system.is_string()) {
        add_system_text(place.scratch(), system.text());
    } else {
        size_t index = 0;
        for (JsonValue block : system.items()) {
            BodyPlace here = place.below(index++);
            if (block["text"].is_string()) {
                add_system_text(place.scratch(), block["text"].text());
                here.keep_others(block, {"type", "text"});
            } else {
                here.keep(block);
            }
        }
    }
    if (!system.is_string() && !system.is_array()) {
        place.keep(system);
    }
}

void read_messages(const BodyPlace& place, JsonValue messages) {
    MessagesWriter& out = place.scratch().input;
    size_t index = 0;
    for (JsonValue message : messages.items()) {
        BodyPlace here = place.below(index++);
        if (!message.is_object()) {
            here.keep(message);
            continue;
        }
        out.begin_message(message["role"].text());
        for (JsonMember member : message.members()) {
            if (member.key == "content") {
                write_content(here.below("content"), member.value, out, false);
            } else if (member.key != "role" || !member.value.is_string()) {
                here.keep(member.key, member.value);
            }
        }
        out.end_message();
    }
}

// "\n\nHuman: …\n\nAssistant:" is one text to the old completion API; it is kept as the user typed
// it.
void read_prompt(const BodyPlace& place, JsonValue prompt) {
    if (!prompt.is_string()) {
        place.keep("prompt", prompt);
        return;
    }
    fill_text(place.record(), Field::kGenAiOperationName, "text_completion");
    MessagesWriter& out = place.scratch().input;
    out.begin_message("user");
    out.text(prompt.text());
    out.end_message();
}

void read_error(const BodyPlace& place, JsonValue error) {
    for (JsonMember member : error.members()) {
        if (member.key == "type") {
            place.fill_or_keep(Field::kErrorType, member.key, member.value);
        } else if (member.key == "message") {
            place.fill_or_keep(Field::kErrorMessage, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!error.is_object()) {
        place.keep(error);
    }
}

}  // namespace

void write_anthropic_block(const BodyPlace& place, JsonValue block, MessagesWriter& out,
                           bool of_answer) {
    std::string_view type = block["type"].text();
    if (!block.is_object()) {
        place.keep(block);
    } else if (type == "text" && block["text"].is_string()) {
        out.text(block["text"].text());
        place.keep_others(block, {"type", "text"});
    } else if (type == "thinking" && block["thinking"].is_string()) {
        out.reasoning(block["thinking"].text());
        place.keep_others(block, {"type", "thinking"});
    } else if (type == "tool_use") {
        out.tool_call(block["id"].text(), block["name"].text(), block["input"]);
        if (of_answer) {
            add_tool_call(place.scratch(), block["id"].text(), block["name"].text(),
                          block["input"]);
        }
        place.keep_unless_text(block, {"id", "name"});
        place.keep_others(block, {"type", "id", "name", "input"});
    } else if (type == "tool_result") {
        out.tool_result(block["tool_use_id"].text(), block["content"]);
        if (!of_answer) {
            add_tool_result(place.scratch(), block["tool_use_id"].text(), block["content"]);
        }
        place.keep_unless_text(block, {"tool_use_id"});
        place.keep_others(block, {"type", "tool_use_id", "content"});
    } else if (type == "image") {
        write_image(place, block, out);
    } else {
        out.given(block);
    }
}

void read_anthropic_usage(const BodyPlace& place, JsonValue usage) {
    UsageCounts counts;
    counts.input_excludes_cache = true;
    for (JsonMember member : usage.members()) {
        if (member.key == "input_tokens") {
            counts.input = member;
        } else if (member.key == "output_tokens") {
            counts.output = member;
        } else if (member.key == "cache_read_input_tokens") {
            counts.cache_read = member;
        } else if (member.key == "cache_creation_input_tokens") {
            counts.cache_write = member;
        } else if (member.key == "service_tier") {
            place.fill_or_keep(Field::kGenAiResponseServiceTier, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    store_usage(place, counts);
    if (!usage.is_object()) {
        place.keep(usage);
    }
}

void add_anthropic_stop_reason(AuditRecord& record, std::string_view reason) {
    add_finish_reason(record, reason);
    if (reason == "refusal") {
        record.set_boolean(Field::kResponseRefused, true);
    }
}

void read_anthropic_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        if (place.fill_member(kRequestMembers, member.key, member.value)) {
            continue;
        }
        if (member.key == "messages" && member.value.is_array()) {
            fill_text(record, Field::kGenAiOperationName, "chat");
            read_messages(place.below("messages"), member.value);
        } else if (member.key == "system") {
            read_system(place.below("system"), member.value);
        } else if (member.key == "prompt") {
            read_prompt(place, member.value);
        } else if (member.key == "metadata" && member.value["user_id"].is_string()) {
            BodyPlace metadata = place.below("metadata");
            metadata.fill_or_keep(Field::kUserId, "user_id", member.value["user_id"]);
            metadata.keep_others(member.value, {"user_id"});
        } else if (std::find(std::begin(kParameters), std::end(kParameters), member.key) !=
                   std::end(kParameters)) {
            add_member(scratch.parameters, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
}

void read_anthropic_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                             AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    JsonValue content = body["content"];
    JsonValue completion = body["completion"];
    std::string_view reason = body["stop_reason"].text();
    if (content.is_array() || content.is_string() || completion.is_string()) {
        std::string_view role = body["role"].text();
        scratch.output.begin_message(role.empty() ? "assistant" : role);
        if (completion.is_string()) {
            scratch.output.text(completion.text());
        }
        if (content.exists()) {
            write_content(place.below("content"), content, scratch.output, true);
        }
        scratch.output.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
    }
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        bool plain = key == "role" || key == "stop_reason" || key == "completion" ||
                     (key == "type" &&
                      (member.value.text() == "message" || member.value.text() == "completion"));
        if ((key == "content" && (member.value.is_array() || member.value.is_string())) ||
            (plain && member.value.is_string())) {
            if (key == "stop_reason") {
                add_anthropic_stop_reason(record, reason);
            }
            continue;
        }
        if (place.fill_member(kResponseMembers, key, member.value) ||
            read_bedrock_member(place, key, member.value)) {
            continue;
        }
        if (key == "usage") {
            read_anthropic_usage(place.below("usage"), member.value);
        } else if (key == "error") {
            read_error(place.below("error"), member.value);
        } else {
            place.keep(key, member.value);
        }
    }
}

}  // namespace llmtrail
