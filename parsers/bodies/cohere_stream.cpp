// Streamed Cohere answers: chat v1 (event_type), chat v2 (type and delta) and generate (text,
// is_finished). Event names and indexes only say how the pieces fit and are not kept.
#include <map>

#include "bodies/bedrock_guardrail.h"
#include "bodies/cohere.h"
#include "bodies/cohere_parts.h"
#include "bodies/stream_parts.h"

namespace llmtrail {

namespace {

struct Call {
    std::string id;
    std::string name;
    std::string arguments;
};

class CohereStream {
 public:
    explicit CohereStream(const BodyPlace& place) : place_(place) {}

    void read(JsonValue chunks);

 private:
    void chunk(const BodyPlace& here, JsonValue chunk);
    void delta(const BodyPlace& here, JsonValue chunk, JsonValue delta);
    void message(const BodyPlace& here, Call& call, JsonValue message);
    void write();

    const BodyPlace& place_;
    std::string text_;
    std::string plan_;
    std::string_view reason_;
    std::map<int64_t, Call> calls_;
    bool ended_ = false;
    bool whole_answer_ = false;  // the last chunk held the answer again

    struct Generation {
        std::string_view id;
        std::string path;
    };

    Generation generation_;  // the answer's id unless it has another, as when it is not streamed
};

void CohereStream::message(const BodyPlace& here, Call& call, JsonValue message) {
    for (JsonMember member : message.members()) {
        BodyPlace below = here.below(member.key);
        if (member.key == "content" && member.value["text"].is_string()) {
            text_ += member.value["text"].text();
            below.keep_others(member.value, {"type", "text"});
        } else if (member.key == "tool_plan" && member.value.is_string()) {
            plan_ += member.value.text();
        } else if (member.key == "tool_calls" && member.value["function"].is_object()) {
            JsonValue function = member.value["function"];
            call.id += member.value["id"].text();
            call.name += function["name"].text();
            call.arguments += function["arguments"].text();
            below.below("function").keep_others(function, {"name", "arguments"});
            below.keep_others(member.value, {"id", "type", "function"});
        } else if (member.key != "role" || member.value.text() != "assistant") {
            below.keep(member.value);
        }
    }
}

void CohereStream::delta(const BodyPlace& here, JsonValue chunk, JsonValue delta) {
    for (JsonMember member : delta.members()) {
        BodyPlace below = here.below(member.key);
        if (member.key == "message" && member.value.is_object()) {
            Call& call = calls_[chunk["index"].integer().value_or(0)];
            message(below, call, member.value);
        } else if (member.key == "finish_reason" && member.value.is_string()) {
            reason_ = member.value.text();
            ended_ = true;
        } else if (member.key == "usage") {
            cohere::read_meta(below, member.value);
        } else {
            below.keep(member.value);
        }
    }
}

void CohereStream::chunk(const BodyPlace& here, JsonValue chunk) {
    for (JsonMember member : chunk.members()) {
        std::string_view key = member.key;
        if (key == "type" || key == "event_type" || key == "index") {
            continue;
        }
        if (key == "is_finished" && member.value.boolean()) {
            ended_ = ended_ || *member.value.boolean();
        } else if (key == "text" && member.value.is_string()) {
            text_ += member.value.text();
        } else if (key == "finish_reason" && member.value.is_string()) {
            reason_ = member.value.text();
        } else if (key == "delta" && member.value.is_object()) {
            delta(here.below(key), chunk, member.value);
        } else if (key == "response" && member.value.is_object()) {
            whole_answer_ = true;
            cohere::read_answer(here.below(key), member.value);
        } else if (key == "generation_id" && generation_.id.empty() && member.value.is_string()) {
            generation_ = {member.value.text(), here.below(key).path()};
        } else if (key == "id" || key == "generation_id") {
            here.fill_or_keep(Field::kGenAiResponseId, key, member.value);
        } else if (key == "citations") {
            cohere::read_citations(here, key, member.value);
        } else if (!read_bedrock_member(here, key, member.value)) {
            here.keep(key, member.value);
        }
    }
}

void CohereStream::write() {
    BodyScratch& scratch = place_.scratch();
    MessagesWriter& out = scratch.output;
    std::string_view repeated = out.last_text_of("assistant");
    if (whole_answer_ && repeated == text_) {
        text_.clear();
    }
    std::erase_if(calls_, [](const auto& call) {
        return call.second.name.empty() && call.second.arguments.empty();
    });
    if (!text_.empty() || !plan_.empty() || !calls_.empty()) {
        out.begin_message("assistant");
        if (!plan_.empty()) {
            out.reasoning(plan_);
        }
        if (!text_.empty()) {
            out.text(text_);
        }
        for (const auto& [index, call] : calls_) {
            out.tool_call(call.id, call.name, call.arguments);
            add_tool_call(scratch, call.id, call.name, call.arguments);
        }
        out.end_message(reason_.empty() ? reason_ : normalized_finish_reason(reason_));
    }
    add_finish_reason(place_.record(), reason_);
    if (!fill_text(place_.record(), Field::kGenAiResponseId, generation_.id)) {
        scratch.unmapped.add_text(generation_.path, generation_.id);
    }
    if (!ended_) {
        mark_incomplete_stream(place_.record());
    }
}

void CohereStream::read(JsonValue chunks) {
    for_each_chunk(place_, chunks,
                   [this](const BodyPlace& here, size_t, JsonValue one) { chunk(here, one); });
    write();
}

}  // namespace

void read_cohere_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                        AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    CohereStream(place).read(chunks);
}

}  // namespace llmtrail
