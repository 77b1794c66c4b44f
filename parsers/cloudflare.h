// `cloudflare`: AI Gateway's logs (of its API, and of Logpush's ai_gateway_events) and zone logs
// that AI Security for Apps ("Firewall for AI") has marked. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_cloudflare_parser();

}  // namespace llmtrail
