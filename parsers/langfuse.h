// `langfuse`: Langfuse ingestion batches, exports, scores and audit logs. Ingest thread; never
// fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_langfuse_parser();

}  // namespace llmtrail
