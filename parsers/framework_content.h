// What a step was given and what it gave back, put where its kind has its place: a chat, a tool's
// arguments and result, a query and its documents, a guardrail's verdict, an evaluation. Used by
// the langfuse and langsmith parsers. Ingest thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body_place.h"
#include "parsers/framework_metadata.h"
#include "parsers/otlp_value.h"

namespace llmtrail {

struct StepContent {
    JsonValue input;
    JsonValue output;
    std::string_view input_key = "input";
    std::string_view output_key = "output";
    std::string_view kind;  // of event.kind; "" for a whole interaction
    std::string_view name;  // of the step
    std::string_view level;
    JsonValue metadata;
    OtelFacts facts;
    bool of_call = false;  // the step is the model call itself
    bool embedding = false;
};

void read_step_content(const StepContent& content, const BodyPlace& place, otlp::JsonPool& pool);

}  // namespace llmtrail
