// `vertex`: Vertex AI request-response rows and Cloud Audit Logs. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_vertex_parser();

}  // namespace llmtrail
