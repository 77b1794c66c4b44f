// `langsmith`: LangSmith runs and feedback. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_langsmith_parser();

}  // namespace llmtrail
