// `helicone`: requests as Helicone's API and its export tool write them, with or without bodies.
// Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_helicone_parser();

}  // namespace llmtrail
