#include "bodies/converse.h"

#include "bodies/bedrock_guardrail.h"
#include "bodies/converse_parts.h"

namespace llmtrail {

namespace {

constexpr MemberField kInferenceMembers[] = {
    {"maxTokens", Field::kGenAiRequestMaxTokens},
    {"max_new_tokens", Field::kGenAiRequestMaxTokens},
    {"temperature", Field::kGenAiRequestTemperature},
    {"topP", Field::kGenAiRequestTopP},
    {"top_p", Field::kGenAiRequestTopP},
    {"topK", Field::kGenAiRequestTopK},
    {"top_k", Field::kGenAiRequestTopK},
    {"stopSequences", Field::kGenAiRequestStopSequences},
};

void write_media(const BodyPlace& place, std::string_view modality, JsonValue block,
                 JsonValue media, MessagesWriter& out) {
    JsonValue source = media["source"];
    JsonValue format = media["format"];
    if (source["bytes"].is_string()) {
        std::string mime(modality == "document" ? "application" : modality);
        mime += '/';
        mime += format.text();
        out.blob(modality, mime, source["bytes"].text());
        place.below("source").keep_others(source, {"bytes"});
    } else if (source["s3Location"]["uri"].is_string()) {
        out.uri(modality, source["s3Location"]["uri"].text());
        place.keep("format", format);
        place.below("source").keep_others(source, {"s3Location"});
        place.below("source").below("s3Location").keep_others(source["s3Location"], {"uri"});
    } else {
        out.given(block);
        return;
    }
    place.keep_others(media, {"source", "format"});
}

void write_tool_use(const BodyPlace& place, JsonValue use, MessagesWriter& out, bool of_answer) {
    std::string_view id = use["toolUseId"].text();
    std::string_view name = use["name"].text();
    out.tool_call(id, name, use["input"]);
    if (of_answer) {
        add_tool_call(place.scratch(), id, name, use["input"]);
    }
    place.keep_unless_text(use, {"toolUseId", "name"});
    place.keep_others(use, {"toolUseId", "name", "input"});
}

void write_reasoning(const BodyPlace& place, JsonValue block, JsonValue content,
                     MessagesWriter& out) {
    JsonValue text = content["reasoningText"]["text"];
    if (!text.is_string()) {
        out.given(block);
        return;
    }
    out.reasoning(text.text());
    place.below("reasoningText").keep_others(content["reasoningText"], {"text"});
    place.keep_others(content, {"reasoningText"});
}

// A block has one member, which says what it is; were there more, each would be written.
void write_block(const BodyPlace& place, JsonValue block, MessagesWriter& out, bool of_answer) {
    if (!block.is_object()) {
        place.keep(block);
        return;
    }
    for (JsonMember member : block.members()) {
        std::string_view key = member.key;
        JsonValue value = member.value;
        BodyPlace here = place.below(key);
        if (key == "text" && value.is_string()) {
            out.text(value.text());
        } else if (key == "toolUse" && value.is_object()) {
            write_tool_use(here, value, out, of_answer);
        } else if (key == "toolResult" && value.is_object()) {
            out.tool_result(value["toolUseId"].text(), value["content"]);
            add_tool_result(place.scratch(), value["toolUseId"].text(), value["content"]);
            here.keep_unless_text(value, {"toolUseId"});
            here.keep_others(value, {"toolUseId", "content"});
        } else if (key == "guardContent" && value["text"]["text"].is_string()) {
            out.text(value["text"]["text"].text());
            here.below("text").keep_others(value["text"], {"text"});
            here.keep_others(value, {"text"});
        } else if (block.size() > 1) {
            here.keep(value);
        } else if (key == "image" || key == "document" || key == "video") {
            write_media(here, key, block, value, out);
        } else if (key == "reasoningContent") {
            write_reasoning(here, block, value, out);
        } else if (key == "cachePoint") {
            here.keep(value);
        } else {
            out.given(block);
        }
    }
}

void read_system(const BodyPlace& place, JsonValue system) {
    if (system.is_string()) {
        add_system_text(place.scratch(), system.text());
    }
    size_t index = 0;
    for (JsonValue block : system.items()) {
        BodyPlace here = place.below(index++);
        JsonValue guarded = block["guardContent"]["text"]["text"];
        if (block["text"].is_string()) {
            add_system_text(place.scratch(), block["text"].text());
            here.keep_others(block, {"text"});
        } else if (guarded.is_string()) {
            add_system_text(place.scratch(), guarded.text());
            JsonValue text = block["guardContent"]["text"];
            here.below("guardContent").below("text").keep_others(text, {"text"});
        } else {
            here.keep(block);
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
                write_converse_content(here.below("content"), member.value, out, false);
            } else if (member.key != "role" || !member.value.is_string()) {
                here.keep(member.key, member.value);
            }
        }
        out.end_message();
    }
}

void read_inference_config(const BodyPlace& place, JsonValue config) {
    for (JsonMember member : config.members()) {
        if (!place.fill_member(kInferenceMembers, member.key, member.value)) {
            place.keep(member.key, member.value);
        }
    }
    if (!config.is_object()) {
        place.keep(config);
    }
}

void read_tool_config(const BodyPlace& place, JsonValue config) {
    for (JsonMember member : config.members()) {
        if (member.key == "tools") {
            place.fill_or_keep(Field::kGenAiToolDefinitions, member.key, member.value);
        } else {
            add_member(place.scratch().parameters, member.key, member.value);
        }
    }
    if (!config.is_object()) {
        place.keep(config);
    }
}

void read_output(const BodyPlace& place, JsonValue output, std::string_view reason) {
    MessagesWriter& out = place.scratch().output;
    for (JsonMember member : output.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key != "message" || !member.value.is_object()) {
            here.keep(member.value);
            continue;
        }
        std::string_view role = member.value["role"].text();
        out.begin_message(role.empty() ? "assistant" : role);
        for (JsonMember part : member.value.members()) {
            if (part.key == "content") {
                write_converse_content(here.below("content"), part.value, out, true);
            } else if (part.key != "role" || !part.value.is_string()) {
                here.keep(part.key, part.value);
            }
        }
        out.end_message(reason.empty() ? reason : normalized_finish_reason(reason));
    }
    if (!output.is_object()) {
        place.keep(output);
    }
}

}  // namespace

void write_converse_content(const BodyPlace& place, JsonValue content, MessagesWriter& out,
                            bool of_answer) {
    if (content.is_string()) {
        out.text(content.text());
        return;
    }
    size_t index = 0;
    for (JsonValue block : content.items()) {
        write_block(place.below(index++), block, out, of_answer);
    }
    if (!content.is_array()) {
        place.keep(content);
    }
}

void read_converse_usage(const BodyPlace& place, JsonValue usage) {
    UsageCounts counts;
    counts.input_excludes_cache = true;
    auto once = [&](JsonMember& into, JsonMember member) {
        if (!into.value.exists()) {
            into = member;
        } else if (into.value.integer() != member.value.integer()) {
            place.keep(member.key, member.value);
        }
    };
    for (JsonMember member : usage.members()) {
        std::string_view key = member.key;
        if (key == "inputTokens") {
            once(counts.input, member);
        } else if (key == "outputTokens") {
            once(counts.output, member);
        } else if (key == "totalTokens") {
            once(counts.total, member);
        } else if (key == "cacheReadInputTokens" || key == "cacheReadInputTokenCount") {
            once(counts.cache_read, member);
        } else if (key == "cacheWriteInputTokens" || key == "cacheWriteInputTokenCount") {
            once(counts.cache_write, member);
        } else {
            place.keep(key, member.value);
        }
    }
    if (!usage.is_object()) {
        place.keep(usage);
    }
    store_usage(place, counts);
}

void read_converse_metrics(const BodyPlace& place, JsonValue metrics) {
    for (JsonMember member : metrics.members()) {
        if (member.key == "latencyMs") {
            fill_milliseconds(place, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!metrics.is_object()) {
        place.keep(metrics);
    }
}

void read_converse_stop_reason(const BodyPlace& place, std::string_view key, JsonValue reason) {
    if (!reason.is_string()) {
        place.keep(key, reason);
        return;
    }
    add_finish_reason(place.record(), reason.text());
    if (reason.text() == "guardrail_intervened") {
        place.scratch().guardrail_triggered = true;
        place.record().set_boolean(Field::kGuardrailTriggered, true);
    }
}

void read_converse_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        if (key == "messages" && member.value.is_array()) {
            fill_text(record, Field::kGenAiOperationName, "chat");
            read_messages(here, member.value);
        } else if (key == "system") {
            read_system(here, member.value);
        } else if (key == "inferenceConfig") {
            read_inference_config(here, member.value);
        } else if (key == "toolConfig") {
            read_tool_config(here, member.value);
        } else if (key == "guardrailConfig" || key == "performanceConfig" ||
                   key == "additionalModelRequestFields" || key == "promptVariables") {
            add_member(scratch.parameters, key, member.value);
        } else if (key == "modelId") {
            place.fill_or_keep(Field::kGenAiRequestModel, key, member.value);
        } else {
            here.keep(member.value);
        }
    }
}

void read_converse_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                            AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    std::string_view reason = body["stopReason"].text();
    for (JsonMember member : body.members()) {
        std::string_view key = member.key;
        BodyPlace here = place.below(key);
        if (key == "output") {
            read_output(here, member.value, reason);
        } else if (key == "stopReason") {
            read_converse_stop_reason(place, key, member.value);
        } else if (key == "usage") {
            read_converse_usage(here, member.value);
        } else if (key == "metrics") {
            read_converse_metrics(here, member.value);
        } else if (key == "trace") {
            read_bedrock_trace(here, member.value);
        } else if (key == "additionalModelResponseFields") {
            add_member(scratch.details, key, member.value);
        } else if (!read_bedrock_member(place, key, member.value)) {
            here.keep(member.value);
        }
    }
}

}  // namespace llmtrail
