#include "bodies/bedrock_apply.h"

#include "bodies/bedrock_assessment.h"
#include "bodies/usage_detail.h"

namespace llmtrail {

namespace {

void write_content(const BodyPlace& place, JsonValue content, MessagesWriter& out) {
    size_t index = 0;
    for (JsonValue block : content.items()) {
        BodyPlace here = place.below(index++);
        JsonValue text = block["text"]["text"];
        JsonValue image = block["image"];
        if (text.is_string()) {
            out.text(text.text());
            here.below("text").keep_others(block["text"], {"text"});
            here.keep_others(block, {"text"});
        } else if (image["source"]["bytes"].is_string()) {
            std::string mime("image/");
            mime += image["format"].text();
            out.blob("image", mime, image["source"]["bytes"].text());
            here.keep_others(block, {"image"});
        } else {
            here.keep(block);
        }
    }
    if (!content.is_array()) {
        place.keep(content);
    }
}

// Of a model's text its own output is what the request gave.
void write_outputs(const BodyPlace& place, JsonValue outputs) {
    BodyScratch& scratch = place.scratch();
    if (!scratch.output.empty()) {
        scratch.details += scratch.details.empty() ? "" : ",";
        scratch.details += "\"guardrail.modelOutput\":";
        scratch.details += scratch.output.json();
        scratch.output.clear();
    }
    scratch.output.begin_message("assistant");
    size_t index = 0;
    for (JsonValue one : outputs.items()) {
        BodyPlace here = place.below(index++);
        if (one["text"].is_string()) {
            scratch.output.text(one["text"].text());
            here.keep_others(one, {"text"});
        } else {
            here.keep(one);
        }
    }
    scratch.output.end_message();
}

// A guardrail's id is in the assessment, else in the URL: /guardrail/ID/version/V/apply.
std::string guardrail_of(JsonValue assessment, const AuditRecord& record) {
    constexpr std::string_view kBefore = "/guardrail/";
    JsonValue given = assessment["appliedGuardrailDetails"]["guardrailId"];
    if (given.is_string()) {
        return std::string(given.text());
    }
    std::string_view path = record.text(Field::kUrlPath);
    size_t at = path.find(kBefore);
    path.remove_prefix(at == std::string_view::npos ? path.size() : at + kBefore.size());
    return std::string(path.substr(0, path.find('/')));
}

void read_assessments(const BodyPlace& place, JsonValue assessments, std::string_view target) {
    ArrayWriter matches;
    AuditRecord& record = place.record();
    size_t index = 0;
    for (JsonValue assessment : assessments.items()) {
        BodyPlace here = place.below(index++);
        std::string guardrail = guardrail_of(assessment, record);
        read_bedrock_assessment(here, guardrail, target, assessment, matches);
    }
    if (!assessments.is_array()) {
        place.keep(assessments);
    }
    if (matches.count() > 0) {
        bool input = target == "input";
        record.set_json(input ? Field::kGuardrailInputMatches : Field::kGuardrailOutputMatches,
                        matches.json());
    }
}

// The older `output` says what `outputs` says.
bool is_repeated(JsonValue body, std::string_view key) {
    return key == "output" && body["outputs"].is_array() &&
           body["output"].json() == body["outputs"].json();
}

}  // namespace

void read_apply_guardrail_request(JsonValue body, std::string_view path, BodyScratch& scratch,
                                  AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    JsonValue source = body["source"];
    bool of_model = source.text() == "OUTPUT";
    for (JsonMember member : body.members()) {
        if (member.key == "content") {
            MessagesWriter& out = of_model ? scratch.output : scratch.input;
            out.begin_message(of_model ? "assistant" : "user");
            write_content(place.below(member.key), member.value, out);
            out.end_message();
        } else {
            add_member(scratch.parameters, member.key, member.value);
        }
    }
}

void read_apply_guardrail_response(JsonValue body, std::string_view path, BodyScratch& scratch,
                                   AuditRecord& record) {
    BodyPlace place(path, scratch, record);
    if (!body.is_object()) {
        place.keep(body);
        return;
    }
    std::string_view target = scratch.output.empty() ? "input" : "output";
    bool has_outputs = body["outputs"].size() > 0;
    for (JsonMember member : body.members()) {
        BodyPlace here = place.below(member.key);
        bool outputs = member.key == "outputs" || (member.key == "output" && !has_outputs);
        if (outputs && member.value.is_array()) {
            if (member.value.size() > 0) {
                write_outputs(here, member.value);
            }
        } else if (member.key == "assessments") {
            read_assessments(here, member.value, target);
        } else if (member.key == "usage") {
            for (JsonMember counter : member.value.members()) {
                add_usage_detail(here, counter.key, counter.value);
            }
        } else if (member.key == "action" && member.value.text() == "GUARDRAIL_INTERVENED") {
            scratch.guardrail_triggered = true;
            record.set_boolean(Field::kGuardrailTriggered, true);
        } else if (member.key == "action" && member.value.text() == "NONE") {
            record.set_boolean(Field::kGuardrailTriggered, false);
        } else if (member.key == "message") {
            place.fill_or_keep(Field::kErrorMessage, member.key, member.value);
        } else if (!is_repeated(body, member.key)) {
            add_member(scratch.details, member.key, member.value);
        }
    }
}

}  // namespace llmtrail
