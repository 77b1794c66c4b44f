#include "bodies/bedrock_guardrail.h"

#include "bodies/bedrock_assessment.h"
#include "bodies/bedrock_model_name.h"

namespace llmtrail {

namespace {

constexpr size_t kMergedMatchesBytesMax = size_t{64} << 10;

// {"<guardrail id>": assessment} or {"<guardrail id>": [assessment, ...]}
void read_guardrails(const BodyPlace& place, JsonValue by_guardrail, std::string_view target,
                     ArrayWriter& matches) {
    for (JsonMember guardrail : by_guardrail.members()) {
        BodyPlace here = place.below(guardrail.key);
        if (!guardrail.value.is_array()) {
            read_bedrock_assessment(here, guardrail.key, target, guardrail.value, matches);
            continue;
        }
        size_t index = 0;
        for (JsonValue one : guardrail.value.items()) {
            BodyPlace item = here.below(index++);
            read_bedrock_assessment(item, guardrail.key, target, one, matches);
        }
    }
    if (!by_guardrail.is_object()) {
        place.keep(by_guardrail);
    }
}

// One such object, or an array of them.
void read_side(const BodyPlace& place, JsonValue side, std::string_view target,
               ArrayWriter& matches) {
    if (!side.is_array()) {
        read_guardrails(place, side, target, matches);
        return;
    }
    size_t index = 0;
    for (JsonValue one : side.items()) {
        read_guardrails(place.below(index++), one, target, matches);
    }
}

// A stream may carry a trace on several of its chunks. Each merge copies what is there, so it ends
// at kMergedMatchesBytesMax and the rest stays under its path.
void store_matches(const BodyPlace& place, JsonValue guardrail, Field field, ArrayWriter& matches) {
    AuditRecord& record = place.record();
    if (matches.count() == 0) {
        return;
    }
    std::string merged(record.text(field));
    if (merged.empty()) {
        record.set_json(field, matches.json());
    } else if (merged.size() < kMergedMatchesBytesMax) {
        merged.back() = ',';
        merged += matches.json().substr(1);
        record.set_json(field, merged);
    } else {
        place.keep(guardrail);
    }
}

void read_guardrail(const BodyPlace& place, JsonValue guardrail) {
    ArrayWriter input;
    ArrayWriter output;
    for (JsonMember member : guardrail.members()) {
        BodyPlace here = place.below(member.key);
        if (member.key == "input" || member.key == "inputAssessment") {
            read_side(here, member.value, "input", input);
        } else if (member.key == "outputAssessments" || member.key == "outputs") {
            read_side(here, member.value, "output", output);
        } else if (member.key == "modelOutput") {
            add_member(place.scratch().details, "guardrail.modelOutput", member.value);
        } else {
            here.keep(member.value);
        }
    }
    if (!guardrail.is_object()) {
        place.keep(guardrail);
    }
    store_matches(place, guardrail, Field::kGuardrailInputMatches, input);
    store_matches(place, guardrail, Field::kGuardrailOutputMatches, output);
}

void fill_first_chunk(const BodyPlace& place, JsonMember millis) {
    constexpr double kMillisPerSecond = 1000;
    AuditRecord& record = place.record();
    auto value = millis.value.real();
    if (value && *value >= 0 && !record.has(Field::kGenAiResponseTimeToFirstChunk)) {
        record.set_real(Field::kGenAiResponseTimeToFirstChunk, *value / kMillisPerSecond);
    } else {
        place.keep(millis.key, millis.value);
    }
}

void read_metrics(const BodyPlace& place, JsonValue metrics) {
    UsageCounts counts;
    counts.input_excludes_cache = true;
    for (JsonMember member : metrics.members()) {
        if (member.key == "inputTokenCount") {
            counts.input = member;
        } else if (member.key == "outputTokenCount") {
            counts.output = member;
        } else if (member.key == "cacheReadInputTokenCount") {
            counts.cache_read = member;
        } else if (member.key == "cacheWriteInputTokenCount") {
            counts.cache_write = member;
        } else if (member.key == "invocationLatency") {
            fill_milliseconds(place, member.key, member.value);
        } else if (member.key == "firstByteLatency") {
            fill_first_chunk(place, member);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!metrics.is_object()) {
        place.keep(metrics);
    }
    store_usage(place, counts);
}

// {"invokedModelId": "arn:…/<model>"}: which model a router chose.
void read_prompt_router(const BodyPlace& place, JsonValue router) {
    JsonValue id = router["invokedModelId"];
    std::string_view name = bedrock_model_name(id.text());
    if (!fill_text(place.record(), Field::kGenAiResponseModel, name) || name != id.text()) {
        place.keep("invokedModelId", id);
    }
    place.keep_others(router, {"invokedModelId"});
}

}  // namespace

void read_bedrock_trace(const BodyPlace& place, JsonValue trace) {
    for (JsonMember member : trace.members()) {
        if (member.key == "guardrail") {
            read_guardrail(place.below(member.key), member.value);
        } else if (member.key == "promptRouter" && member.value["invokedModelId"].is_string()) {
            read_prompt_router(place.below(member.key), member.value);
        } else {
            place.keep(member.key, member.value);
        }
    }
    if (!trace.is_object()) {
        place.keep(trace);
    }
}

bool read_bedrock_member(const BodyPlace& place, std::string_view key, JsonValue value) {
    if (!key.starts_with("amazon-bedrock-")) {
        return false;
    }
    if (key == "amazon-bedrock-trace") {
        read_bedrock_trace(place.below(key), value);
    } else if (key == "amazon-bedrock-invocationMetrics") {
        read_metrics(place.below(key), value);
    } else if (key == "amazon-bedrock-guardrailAction") {
        if (value.text() == "INTERVENED") {
            place.scratch().guardrail_triggered = true;
            place.record().set_boolean(Field::kGuardrailTriggered, true);
        } else if (value.text() != "NONE") {
            place.keep(key, value);
        } else if (!place.record().has(Field::kGuardrailTriggered)) {
            place.record().set_boolean(Field::kGuardrailTriggered, false);
        }
    } else {
        return false;
    }
    return true;
}

}  // namespace llmtrail
