#include "bodies/bedrock_agent.h"

#include <optional>
#include <string>

#include "bodies/bedrock_assessment.h"
#include "bodies/bedrock_model_name.h"
#include "bodies/bedrock_retrieval.h"
#include "bodies/stream_parts.h"

namespace llmtrail {

namespace {

constexpr MemberField kTraceFields[] = {
    {"agentId", Field::kGenAiAgentId},
    {"agentVersion", Field::kGenAiAgentVersion},
    {"sessionId", Field::kGenAiConversationId},
};

class AgentStream {
 public:
    explicit AgentStream(const BodyPlace& place) : place_(place) {}

    void read(JsonValue chunks);

 private:
    void chunk(const BodyPlace& here, JsonValue chunk);
    void text(const BodyPlace& here, JsonValue piece);
    void trace(const BodyPlace& here, JsonValue event);
    void step(const BodyPlace& here, std::string_view name, JsonValue step);
    void model_output(JsonValue output);
    void tool_call(JsonValue call);
    void observation(const BodyPlace& here, JsonValue observation);
    void guardrail(const BodyPlace& here, JsonValue trace);
    void assessments(const BodyPlace& here, std::string_view target, JsonValue list);
    void write();

    const BodyPlace& place_;
    std::string answer_;
    std::optional<int64_t> input_tokens_;
    std::optional<int64_t> output_tokens_;
    ArrayWriter input_matches_;
    ArrayWriter output_matches_;
    bool answered_ = false;
};

void add_count(std::optional<int64_t>& sum, JsonValue count) {
    auto more = count.integer();
    int64_t total = 0;
    if (more && *more >= 0 && !__builtin_add_overflow(sum.value_or(0), *more, &total)) {
        sum = total;
    }
}

void AgentStream::text(const BodyPlace& here, JsonValue piece) {
    answered_ = true;
    answer_ += piece["text"].text();
    for (JsonValue citation : piece["attribution"]["citations"].items()) {
        add_bedrock_references(place_.scratch(), citation["retrievedReferences"]);
    }
    here.keep_others(piece, {"text"});
}

void AgentStream::model_output(JsonValue output) {
    JsonValue usage = output["metadata"]["usage"];
    add_count(input_tokens_, usage["inputTokens"]);
    add_count(output_tokens_, usage["outputTokens"]);
}

// {"actionGroupName", "function", "parameters"} or {"apiPath", "verb", "parameters",
// "requestBody"}
void AgentStream::tool_call(JsonValue call) {
    JsonValue name = call["function"];
    std::string_view tool = name.is_string() ? name.text() : call["apiPath"].text();
    tool = tool.empty() ? call["actionGroupName"].text() : tool;
    if (!tool.empty()) {
        JsonValue arguments = call["parameters"];
        add_tool_call(place_.scratch(), {}, tool,
                      arguments.exists() ? arguments : call["requestBody"]);
    }
}

void AgentStream::observation(const BodyPlace& here, JsonValue observation) {
    BodyScratch& scratch = place_.scratch();
    if (JsonValue result = observation["actionGroupInvocationOutput"]["text"]; result.is_string()) {
        add_tool_result(scratch, {}, result);
    }
    add_bedrock_references(scratch,
                           observation["knowledgeBaseLookupOutput"]["retrievedReferences"]);
    JsonValue last = observation["finalResponse"]["metadata"];
    fill(place_.record(), Field::kGenAiResponseCreated, last["endTime"]);
    if (JsonValue took = last["operationTotalTimeMs"]; took.is_number()) {
        fill_milliseconds(here.below("finalResponse").below("metadata"), "operationTotalTimeMs",
                          took);
    }
}

void AgentStream::assessments(const BodyPlace& here, std::string_view target, JsonValue list) {
    size_t index = 0;
    for (JsonValue one : list.items()) {
        BodyPlace item = here.below(index++);
        if (one.carries_nothing()) {
            continue;  // a streamed answer is checked again and again
        }
        std::string_view guardrail = one["appliedGuardrailDetails"]["guardrailId"].text();
        read_bedrock_assessment(item, guardrail, target, one,
                                target == "input" ? input_matches_ : output_matches_);
    }
    if (!list.is_array()) {
        here.keep(list);
    }
}

void AgentStream::guardrail(const BodyPlace& here, JsonValue trace) {
    AuditRecord& record = place_.record();
    for (JsonMember member : trace.members()) {
        if (member.key == "inputAssessments") {
            assessments(here.below(member.key), "input", member.value);
        } else if (member.key == "outputAssessments") {
            assessments(here.below(member.key), "output", member.value);
        } else if (member.key == "action" && member.value.text() == "INTERVENED") {
            place_.scratch().guardrail_triggered = true;
            record.set_boolean(Field::kGuardrailTriggered, true);
        } else if (member.key == "action" && member.value.text() == "NONE") {
            bool already = record.boolean(Field::kGuardrailTriggered).value_or(false);
            record.set_boolean(Field::kGuardrailTriggered, already);
        } else {
            here.keep(member.key, member.value);
        }
    }
}

void AgentStream::step(const BodyPlace& here, std::string_view name, JsonValue step) {
    if (name == "modelInvocationInput") {
        fill_text(place_.record(), Field::kGenAiRequestModel,
                  bedrock_model_name(step["foundationModel"].text()));
    } else if (name == "modelInvocationOutput") {
        model_output(step);
    } else if (name == "invocationInput") {
        tool_call(step["actionGroupInvocationInput"]);
    } else if (name == "observation") {
        observation(here, step);
    }
    here.keep(step);
}

void AgentStream::trace(const BodyPlace& here, JsonValue event) {
    for (JsonMember member : event.members()) {
        if (here.fill_member(kTraceFields, member.key, member.value)) {
            continue;
        }
        BodyPlace below = here.below(member.key);
        if (member.key != "trace" || !member.value.is_object()) {
            below.keep(member.value);
            continue;
        }
        for (JsonMember part : member.value.members()) {
            BodyPlace inside = below.below(part.key);
            if (part.key == "guardrailTrace" && part.value.is_object()) {
                guardrail(inside, part.value);
            } else if (part.key == "failureTrace") {
                fill(place_.record(), Field::kErrorMessage, part.value["failureReason"]);
                inside.keep(part.value);
            } else if (part.value.is_object()) {
                for (JsonMember one : part.value.members()) {
                    step(inside.below(one.key), one.key, one.value);
                }
            } else {
                inside.keep(part.value);
            }
        }
    }
}

void AgentStream::chunk(const BodyPlace& here, JsonValue chunk) {
    for (JsonMember member : chunk.members()) {
        BodyPlace below = here.below(member.key);
        if (member.key == "chunk" && member.value.is_object()) {
            text(below, member.value);
        } else if (member.key == "trace" && member.value.is_object()) {
            trace(below, member.value);
        } else {
            answered_ = answered_ || member.key == "returnControl";
            below.keep(member.value);
        }
    }
}

void AgentStream::write() {
    AuditRecord& record = place_.record();
    if (!answer_.empty()) {
        MessagesWriter& out = place_.scratch().output;
        out.begin_message("assistant");
        out.text(answer_);
        out.end_message();
    }
    if (!answered_) {
        mark_incomplete_stream(record);
    }
    if (input_tokens_) {
        fill_integer(record, Field::kGenAiUsageInputTokens, *input_tokens_);
    }
    if (output_tokens_) {
        fill_integer(record, Field::kGenAiUsageOutputTokens, *output_tokens_);
    }
    if (input_matches_.count() > 0) {
        record.set_json(Field::kGuardrailInputMatches, input_matches_.json());
    }
    if (output_matches_.count() > 0) {
        record.set_json(Field::kGuardrailOutputMatches, output_matches_.json());
    }
}

void AgentStream::read(JsonValue chunks) {
    for_each_chunk(place_, chunks,
                   [this](const BodyPlace& here, size_t, JsonValue one) { chunk(here, one); });
    write();
}

}  // namespace

void read_bedrock_agent_request(JsonValue body, std::string_view, BodyScratch& scratch,
                                AuditRecord&) {
    for (JsonMember member : body.members()) {
        if (member.key == "inputText" && member.value.is_string()) {
            scratch.input.begin_message("user");
            scratch.input.text(member.value.text());
            scratch.input.end_message();
        } else {
            add_member(scratch.parameters, member.key, member.value);
        }
    }
}

void read_bedrock_agent_stream(JsonValue chunks, std::string_view path, BodyScratch& scratch,
                               AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    AgentStream(place).read(chunks);
}

void read_bedrock_agent_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                                 AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    for (JsonMember member : body.members()) {
        if (member.key == "message") {
            place.fill_or_keep(Field::kErrorMessage, member.key, member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
}

}  // namespace llmtrail
