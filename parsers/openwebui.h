// `openwebui`: the lines of Open WebUI's audit.log, one a request: calls to models with prompt and
// answer, sources, settings, edited messages, ratings, sign-ins and reads. Which is which says the
// table in openwebui_routes.cpp. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_openwebui_parser();

}  // namespace llmtrail
