// A streamed Anthropic answer put together again: what the blocks' deltas spell becomes one
// message. Event names and block indexes only say how the pieces fit and are not kept.
#include <map>

#include "bodies/anthropic.h"
#include "bodies/anthropic_parts.h"
#include "bodies/bedrock_guardrail.h"
#include "bodies/stream_parts.h"

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
    void start_usage(const BodyPlace& here, JsonValue usage);
    void end_usage(const BodyPlace& here, size_t index, JsonValue usage);
    void write();
    void write_block(const Block& block);

    const BodyPlace& place_;
    std::map<int64_t, Block> blocks_;
    std::string_view role_ = "assistant";
    std::string_view reason_;
    std::string completion_;
    bool whole_ = false;
    AnthropicUsage usage_;
    size_t start_event_ = 0;
    size_t usage_event_ = 0;
};

// Its output count is a first guess that the end of the stream replaces.
void AnthropicStream::start_usage(const BodyPlace& here, JsonValue usage) {
    here.read_members(usage, [&](JsonMember counter) {
        return counter.key != "output_tokens" && usage_.read(here, counter);
    });
}

void AnthropicStream::message_start(const BodyPlace& here, JsonValue message) {
    for (JsonMember member : message.members()) {
        if (member.key == "role" && member.value.is_string()) {
            role_ = member.value.text();
        } else if (member.key == "id") {
            here.fill_or_keep(Field::kGenAiResponseId, member.key, member.value);
        } else if (member.key == "model") {
            here.fill_or_keep(Field::kGenAiResponseModel, member.key, member.value);
        } else if (member.key == "usage") {
            start_usage(here.below("usage"), member.value);
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

// The counters of the end are those of the whole stream.
void AnthropicStream::end_usage(const BodyPlace& here, size_t index, JsonValue usage) {
    usage_event_ = index;
    for (JsonMember counter : usage.members()) {
        if (!usage_.read(here, counter)) {
            JsonMember& before = *usage_.counter_of(counter.key);
            place_.below(start_event_)
                .below("message")
                .below("usage")
                .keep(before.key, before.value);
            before = counter;
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
            add_anthropic_citation(place_.scratch(), member.value);
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
            start_event_ = index;
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
            end_usage(here.below(key), index, member.value);
        } else if (key == "completion" && member.value.is_string()) {
            completion_ += member.value.text();
        } else if (key == "stop_reason" && member.value.is_string()) {
            reason_ = member.value.text();
        } else if (key == "error") {
            read_anthropic_error(here.below(key), member.value);
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
    if (!block.arguments.empty() && (type.ends_with("tool_use") || type.empty())) {
        write_streamed_tool_call(place_.scratch(), id, name, block.arguments);
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
    BodyPlace last = place_.below(usage_event_);
    store_usage(last.below("usage"), usage_.counts);
    if (!whole_) {
        mark_incomplete_stream(place_.record());
    }
}

void AnthropicStream::read(JsonValue events) {
    for_each_chunk(place_, events, [this](const BodyPlace& here, size_t index, JsonValue one) {
        event(here, index, one);
    });
    write();
}

}  // namespace

void read_anthropic_stream(JsonValue events, std::string_view path, BodyScratch& scratch,
                           AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    AnthropicStream(place).read(events);
}

}  // namespace llmtrail
