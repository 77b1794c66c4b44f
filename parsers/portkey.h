// `portkey`: log objects of Portkey's gateway and rows of its log export: a request and a response
// with their bodies, and the metadata the application attached. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_portkey_parser();

}  // namespace llmtrail
