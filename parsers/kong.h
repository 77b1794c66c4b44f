// `kong`: entries of Kong's logging plugins (file-log, http-log, …), with what the AI plugins put
// under "ai". One record a call to a model or an MCP server, else one of kind `other`. Ingest
// thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_kong_parser();

}  // namespace llmtrail
