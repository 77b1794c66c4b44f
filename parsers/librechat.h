// `librechat`: messages of LibreChat, one a document as mongoexport writes them, or a conversation
// with all its messages as the application exports it. What a user typed and the answer to it are
// two messages: where both are in one document they make one record, else one each, joined by
// conversation and parent. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_librechat_parser();

}  // namespace llmtrail
