// `m365_copilot`: Microsoft 365 Copilot, as Purview's audit log (who, when, which documents,
// attacks seen; no text) and as Microsoft Graph's export of conversations (with text). Ingest
// thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_m365_copilot_parser();

}  // namespace llmtrail
