// `envoy`: access log entries of Envoy and of Envoy AI Gateway in JSON. The operator chooses their
// keys; those of the projects' own examples are known. They hold no prompt and no answer. Ingest
// thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_envoy_parser();

}  // namespace llmtrail
