// `body`: a model API's request or response alone, as some loggers write them, each of any vendor
// that bodies/ reads. A shape, asked after `exchange`: it takes what has a body's own keys and is
// no application's record of a call (body_shape.h). With the format configured, an array of a
// stream's chunks is one answer. One record a document. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_body_parser();

}  // namespace llmtrail
