// `otlp`: OpenTelemetry spans and log events in OTLP/JSON, as the collector's file exporter and SDK
// dumps write them: {"resourceSpans": …} or {"resourceLogs": …}, or one bare span. One record a
// span or log event, whichever GenAI vocabulary it speaks (otel_aliases.h). Ingest thread; never
// fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_otlp_parser();

}  // namespace llmtrail
