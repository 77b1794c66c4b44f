// What stands around a call in "metadata": OpenTelemetry attributes that a tracing platform kept
// there, LangChain's ls_* names, and the application's own keys. Used by the langfuse and langsmith
// parsers. Ingest thread; never fails.
#pragma once

#include <initializer_list>

#include "bodies/body_place.h"
#include "parsers/otlp_value.h"
#include "parsers/parser.h"

namespace llmtrail {

struct OtelFacts {
    JsonValue input;  // content that stands nowhere else
    JsonValue output;
    std::string_view tool_name;
    std::string_view tool_call_id;
    std::string_view kind;  // of event.kind, by the attribute that says it; may be ""
    std::string_view operation;
};

// {"attributes", "resourceAttributes", "scope"}: attributes by OpenTelemetry's table. What repeats
// `input` or `output`, as the platform gives them, is left out.
OtelFacts read_otel_metadata(JsonValue metadata, const BodyPlace& place, JsonValue input,
                             JsonValue output, otlp::JsonPool& pool);

// The other members: LangChain's names, tool definitions, ids of persons, common names.
void read_app_metadata(JsonValue metadata, const BodyPlace& place, const ParseContext& context,
                       otlp::JsonPool& pool);

// {"temperature": …, "max_tokens": …}: parameters of the call. One that no field takes goes to
// llm.audit.request.parameters. Of one object at most kCallParametersMax, the rest is kept.
inline constexpr size_t kCallParametersMax = 64;
void read_call_parameter(JsonMember parameter, const BodyPlace& place);
void read_call_parameters(JsonValue parameters, const BodyPlace& place);

// A list of labels to llm.audit.tags.
void read_tags(JsonValue tags, const BodyPlace& place, std::string_view key);

}  // namespace llmtrail
