// A streamed Anthropic answer put together again: what the blocks' deltas spell becomes one
// message. Event names and block indexes only say how the pieces fit and are not kept.
#include <map>

#include "bodies/anthropic.h"
#include "bodies/bedrock_guardrail.h"

namespace llmtrail {

namespace {

struct Block {
    JsonValue start;
    std::string text;
    std::string arguments;
    size_t event = 0;  // that opened it
};

class AnthropicStream {
 public:
    explicit AnthropicStream(const BodyPlace& place) : place_(place) {}

    void read(JsonValue events);

 private:
    void event(const BodyPlace& here, size_t index, JsonValue event);
    void delta(const BodyPlace& here, JsonValue event);
    void message_start(const BodyPlace& here, JsonValue message);
    void message_delta(const BodyPlace& here, JsonValue event);
    void read_end_usage(const BodyPlace& here, size_t index, JsonValue usage);
    void write();
    void write_block(const Block& block);

    const BodyPlace& place_;
    std::map<int64_t, Block> blocks_;
    std::string_view role_ = "assistant";
    std::string_view reason_;
    std::string completion_;
    bool whole_ = false;
    UsageCounts usage_;
    size_t usage_event_ = 0;
};

void AnthropicStream::message_start(const BodyPlace& here, JsonValue message) {
    for (JsonMember member : message.members()) {
        if (member.key == "role" && member.value.is_string()) {
            role_ = member.value.text();
        } else if (member.key == "id") {
            here.fill_or_keep(Field::kGenAiResponseId, member.key, member.value);
        } else if (member.key == "model") {
            here.fill_or_keep(Field::kGenAiResponseModel, member.key, member.value);
        } else if (member.key == "usage") {
            // Its output count is a first guess that the end of the stream replaces.
            for (JsonMember counter : member.value.members()) {
                if (counter.key == "input_tokens") {
                    usage_.input = counter;
                } else if (counter.key == "cache_read_input_tokens") {
                    usage_.cache_read = counter;
                } else if (counter.key == "cache_creation_input_tokens") {
                    usage_.cache_write = counter;
                } else {
                    here.below("usage").keep(counter.key, counter.value);
                }
            }
        } else if (member.key != "type") {
            here.keep(member.key, member.value);
        }
    }
}

void AnthropicStream::message_delta(const BodyPlace& here, JsonValue event) {
    for (JsonMember member : event["delta"].members()) {
        if (member.key == "stop_reason" && member.value.is_string()) {
            reason_ = member.value.text();
        } else {
            here.below("delta").keep(member.key, member.value);
        }
    }
}

void AnthropicStream::read_end_usage(const BodyPlace& here, size_t index, JsonValue usage) {
    for (JsonMember counter : usage.members()) {
        bool repeats_input = counter.key == "input_tokens" &&
                             counter.value.integer() == usage_.input.value.integer();
        if (counter.key == "output_tokens") {
            usage_.output = counter;
            usage_event_ = index;
        } else if (counter.key == "input_tokens" && !usage_.input.value.exists()) {
            usage_.input = counter;
        } else if (!repeats_input) {
            here.keep(counter.key, counter.value);
        }
    }
    if (!usage.is_object()) {
        here.keep(usage);
    }
}

void AnthropicStream::delta(const BodyPlace& here, JsonValue event) {
    Block& block = blocks_[event["index"].integer().value_or(0)];
    for (JsonMember member : event["delta"].members()) {
        if (!member.value.is_string()) {
            here.below("delta").keep(member.key, member.value);
        } else if (member.key == "text" || member.key == "thinking") {
            block.text += member.value.text();
        } else if (member.key == "partial_json") {
            block.arguments += member.value.text();
        } else if (member.key != "type") {
            here.below("delta").keep(member.key, member.value);
        }
    }
}

void AnthropicStream::event(const BodyPlace& here, size_t index, JsonValue event) {
    std::string_view type = event["type"].text();
    for (JsonMember member : event.members()) {
        std::string_view key = member.key;
        if (key == "type" || key == "index" || read_bedrock_member(here, key, member.value)) {
            continue;
        }
        bool whole = member.value.is_object();
        if (key == "message" && type == "message_start" && whole) {
            message_start(here.below(key), member.value);
        } else if (key == "content_block" && type == "content_block_start" && whole) {
            Block& block = blocks_[event["index"].integer().value_or(0)];
            block.start = member.value;
            block.event = index;
        } else if (key == "delta" && type == "content_block_delta" && whole) {
            delta(here, event);
        } else if (key == "delta" && type == "message_delta" && whole) {
            message_delta(here, event);
        } else if (key == "usage" && type == "message_delta") {
            read_end_usage(here.below(key), index, member.value);
        } else if (key == "completion" && member.value.is_string()) {
            completion_ += member.value.text();
        } else if (key == "stop_reason" && member.value.is_string()) {
            reason_ = member.value.text();
        } else if (key == "error") {
            JsonValue error = member.value;
            here.below(key).fill_or_keep(Field::kErrorType, "type", error["type"]);
            here.below(key).fill_or_keep(Field::kErrorMessage, "message", error["message"]);
        } else {
            here.keep(key, member.value);
        }
    }
    whole_ = whole_ || type == "message_stop" || !reason_.empty();
}

void AnthropicStream::write_block(const Block& block) {
    MessagesWriter& out = place_.scratch().output;
    std::string_view type = block.start["type"].text();
    BodyPlace event = place_.below(block.event);
    BodyPlace here = event.below("content_block");
    std::string_view id = block.start["id"].text();
    std::string_view name = block.start["name"].text();
    if (block.start.exists() &&
        (type == "text" || type == "thinking" || !block.arguments.empty())) {
        here.keep_others(block.start, {"type", "text", "thinking", "id", "name", "input"});
    }
    if (!block.arguments.empty() && (type == "tool_use" || type.empty())) {
        JsonTree tree;
        auto arguments = tree.read(block.arguments, false);
        if (arguments) {
            out.tool_call(id, name, *arguments);
            add_tool_call(place_.scratch(), id, name, *arguments);
        } else {
            out.tool_call(id, name, block.arguments);
            add_tool_call(place_.scratch(), id, name, block.arguments);
        }
        return;
    }
    if (type == "thinking") {
        out.reasoning(block.text);
        return;
    }
    if (block.start.exists() && type != "text") {
        write_anthropic_block(here, block.start, out, true);
    }
    std::string text(type == "text" ? block.start["text"].text() : std::string_view());
    text += block.text;
    if (!text.empty()) {
        out.text(text);
    }
}

void AnthropicStream::write() {
    MessagesWriter& out = place_.scratch().output;
    if (!blocks_.empty() || !completion_.empty()) {
        out.begin_message(role_);
        if (!completion_.empty()) {
            out.text(completion_);
        }
        for (const auto& [index, block] : blocks_) {
            write_block(block);
        }
        out.end_message(reason_.empty() ? reason_ : normalized_finish_reason(reason_));
    }
    add_anthropic_stop_reason(place_.record(), reason_);
    usage_.input_excludes_cache = true;
    BodyPlace last = place_.below(usage_event_);
    store_usage(last.below("usage"), usage_);
    if (!whole_) {
        place_.record().append_to_list(Field::kRecordFlags, "incomplete_stream");
    }
}

void AnthropicStream::read(JsonValue events) {
    size_t index = 0;
    for (JsonValue one : events.items()) {
        BodyPlace here = place_.below(index);
        if (one.is_object()) {
            event(here, index, one);
        } else if (one.text() != "[DONE]") {
            here.keep(one);
        }
        ++index;
    }
    write();
}

}  // namespace

void read_anthropic_stream(JsonValue events, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    AnthropicStream(place).read(events);
}

}  // namespace llmtrail
