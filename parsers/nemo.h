// `nemo`: what guardrail libraries write of one interaction. NeMo Guardrails: traces of its file
// adapter (pretty printed, one document an interaction, with times relative to its start) and
// generation logs (`log` with activated_rails and llm_calls). Guardrails AI: validation outcomes as
// its server returns them. One record a document. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_nemo_parser();

}  // namespace llmtrail
