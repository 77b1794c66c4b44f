// `litellm`: what LiteLLM's proxy writes of a call and of its own settings: the standard logging
// payload that its callbacks store (one JSON document a call), rows of the spend log, whose objects
// are texts of JSON, and rows of the audit log. Stamps mostly have no zone: the source's time zone
// is taken. Of model_map_information only the key is kept: its value is LiteLLM's price list, the
// same for every call to a model. One record a document. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_litellm_parser();

}  // namespace llmtrail
