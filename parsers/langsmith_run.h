// One run of LangSmith, or its feedback, as one audit record. Used by langsmith.cpp; ingest thread;
// never fails.
#pragma once

#include <span>
#include <string_view>

#include "bodies/body_place.h"
#include "parsers/otlp_value.h"
#include "parsers/parser.h"

namespace llmtrail::langsmith {

// "llm", "chain", …; false: no run type.
bool is_run_type(std::string_view word);

// A run's id: its own, or the last of its dotted order, where a patch leaves its own out.
std::string_view run_id(JsonValue run);

// `run`: the object; `parts`: members that a multipart request gives beside it ("inputs"), which
// stand below `place` as its own do. Neither function stores the scratch.
void read_run(JsonValue run, std::span<const JsonMember> parts, const BodyPlace& place,
              const ParseContext& context, otlp::JsonPool& pool);

bool is_feedback(JsonValue object);
void read_feedback(JsonValue feedback, const BodyPlace& place, const ParseContext& context);

}  // namespace llmtrail::langsmith
