// `anthropic_activity`: entries of the Activity Feed of Anthropic's Compliance API, one by one or a
// page of them. The entry's type says what was done ("mcp_server_created"); an entry that lists
// several updates gives a record for each. The feed names chats and files, their content is
// elsewhere. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_anthropic_activity_parser();

}  // namespace llmtrail
