// `dify`: what Dify says of its applications: messages (rows of its API, of the console's and of
// the database), a blocking answer, workflow logs and runs. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_dify_parser();

}  // namespace llmtrail
