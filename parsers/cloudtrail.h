// `cloudtrail`: AWS CloudTrail's events of Amazon Bedrock: who changed which setting, who read
// what, who called a model. Single events, the files of a trail ({"Records": […]}), events inside
// EventBridge's ("detail") and CloudWatch's ("message", "logEvents"). One record an event; events
// of other services are of kind other. No event holds a prompt or an answer. Ingest thread; never
// fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_cloudtrail_parser();

}  // namespace llmtrail
