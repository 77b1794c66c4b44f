// Llama Guard, a model whose answer is a verdict in plain text: "safe", or "unsafe" and the codes
// of the categories on the next line. Called by parsers of calls when the bodies are read. Ingest
// thread; never fails.
#pragma once

#include <string_view>

#include "bodies/body.h"

namespace llmtrail {

// When `model` is a Llama Guard and the answer in `scratch` is a verdict: adds it to the guardrail
// results and says true. The model finds; what was done about it stands elsewhere.
bool read_llama_guard(std::string_view model, BodyScratch& scratch);

}  // namespace llmtrail
