// A streamed Nova answer put together again. Chunk names and block indexes only say how the pieces
// fit and are not kept. Nova opens a new text block for every delta: neighbouring texts are one.
#include <map>

#include "bodies/bedrock_guardrail.h"
#include "bodies/converse.h"
#include "bodies/converse_parts.h"
#include "bodies/stream_parts.h"

namespace llmtrail {

namespace {

struct Block {
    std::string text;
    std::string reasoning;
    std::string id;
    std::string name;
    std::string arguments;
    bool tool = false;
};

class ConverseStream {
 public:
    explicit ConverseStream(const BodyPlace& place) : place_(place) {}

    void read(JsonValue chunks);

 private:
    void chunk(const BodyPlace& here, JsonValue chunk);
    void block_start(const BodyPlace& here, JsonValue value);
    void block_delta(const BodyPlace& here, JsonValue value);
    void message_stop(const BodyPlace& here, JsonValue value);
    void metadata(const BodyPlace& here, JsonValue value);
    void write();

    Block& block_of(JsonValue value) {
        return blocks_[value["contentBlockIndex"].integer().value_or(0)];
    }

    const BodyPlace& place_;
    std::map<int64_t, Block> blocks_;
    std::string_view role_ = "assistant";
    std::string_view reason_;
    bool started_ = false;
};

void ConverseStream::block_start(const BodyPlace& here, JsonValue value) {
    Block& block = block_of(value);
    here.read_members(value, [&](JsonMember member) {
        JsonValue use = member.value["toolUse"];
        bool starts = member.key == "start" && use.is_object();
        if (starts) {
            block.tool = true;
            block.id = use["toolUseId"].text();
            block.name = use["name"].text();
            BodyPlace start = here.below("start");
            start.below("toolUse").keep_others(use, {"toolUseId", "name"});
            start.keep_others(member.value, {"toolUse"});
        }
        return starts || member.key == "contentBlockIndex";
    });
}

void ConverseStream::block_delta(const BodyPlace& here, JsonValue value) {
    Block& block = block_of(value);
    BodyPlace delta = here.below("delta");
    for (JsonMember member : value["delta"].members()) {
        BodyPlace below = delta.below(member.key);
        JsonValue input = member.value["input"];
        if (member.key == "text" && member.value.is_string()) {
            block.text += member.value.text();
        } else if (member.key == "toolUse" && input.exists()) {
            block.tool = true;
            block.arguments += input.is_string() ? std::string(input.text()) : input.json();
            below.keep_others(member.value, {"input"});
        } else if (member.key == "reasoningContent") {
            block.reasoning += member.value["text"].text();
            below.keep_others(member.value, {"text"});
        } else {
            if (member.key == "citation") {
                add_converse_citation(place_.scratch(), member.value);
            }
            below.keep(member.value);
        }
    }
    if (!value["delta"].is_object()) {
        delta.keep(value["delta"]);
    }
    here.keep_others(value, {"delta", "contentBlockIndex"});
}

void ConverseStream::message_stop(const BodyPlace& here, JsonValue value) {
    here.read_members(value, [&](JsonMember member) {
        bool reason = member.key == "stopReason";
        if (reason) {
            reason_ = member.value.text();
            read_converse_stop_reason(here, member.key, member.value);
        }
        return reason;
    });
}

void ConverseStream::metadata(const BodyPlace& here, JsonValue value) {
    here.read_members(value, [&](JsonMember member) {
        return read_converse_facts(here.below(member.key), member);
    });
}

void ConverseStream::chunk(const BodyPlace& here, JsonValue chunk) {
    for (JsonMember member : chunk.members()) {
        BodyPlace below = here.below(member.key);
        if (member.key == "messageStart") {
            started_ = true;
            if (member.value["role"].is_string()) {
                role_ = member.value["role"].text();
                below.keep_others(member.value, {"role"});
            } else {
                below.keep(member.value);
            }
        } else if (member.key == "contentBlockStart") {
            block_start(below, member.value);
        } else if (member.key == "contentBlockDelta") {
            block_delta(below, member.value);
        } else if (member.key == "contentBlockStop") {
            below.keep_others(member.value, {"contentBlockIndex"});
        } else if (member.key == "messageStop") {
            message_stop(below, member.value);
        } else if (member.key == "metadata") {
            metadata(below, member.value);
        } else if (!read_bedrock_member(here, member.key, member.value)) {
            below.keep(member.value);
        }
    }
}

void ConverseStream::write() {
    MessagesWriter& out = place_.scratch().output;
    if (started_ || !blocks_.empty()) {
        out.begin_message(role_);
        std::string text;
        auto flush = [&] {
            if (!text.empty()) {
                out.text(text);
                text.clear();
            }
        };
        for (const auto& [index, block] : blocks_) {
            if (block.tool || !block.reasoning.empty()) {
                flush();
            }
            if (!block.reasoning.empty()) {
                out.reasoning(block.reasoning);
            }
            if (block.tool) {
                write_streamed_tool_call(place_.scratch(), block.id, block.name, block.arguments);
            }
            text += block.text;
        }
        flush();
        out.end_message(reason_.empty() ? reason_ : normalized_finish_reason(reason_));
    }
    if (reason_.empty()) {
        mark_incomplete_stream(place_.record());
    }
}

void ConverseStream::read(JsonValue chunks) {
    for_each_chunk(place_, chunks,
                   [this](const BodyPlace& here, size_t, JsonValue one) { chunk(here, one); });
    write();
}

}  // namespace

void read_converse_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                          AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    ConverseStream(place).read(chunks);
}

}  // namespace llmtrail
