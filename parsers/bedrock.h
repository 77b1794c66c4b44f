// `bedrock`: Amazon Bedrock's model-invocation log, one record an invocation: as S3 has it, as the
// message of a CloudWatch event, and as a batch of such events. Keys come in any order; a body may
// be missing (kept elsewhere by the service) or hold what any vendor's API takes and gives
// (bedrock_body.h). Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_bedrock_parser();

}  // namespace llmtrail
