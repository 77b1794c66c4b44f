// `json`: any JSON object, read by the table of common names (common_names.h). Asked last by
// `auto`. Ingest thread.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_json_parser();

}  // namespace llmtrail
