// `azure`: Azure diagnostic, API Management and activity logs of Azure OpenAI. Ingest thread; never
// fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_azure_parser();

}  // namespace llmtrail
