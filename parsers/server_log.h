// `server_log`: what inference servers (vLLM, Ollama, llama.cpp, TGI) write to their standard
// output: lines of text, TGI's JSON lines and those of llama.cpp's early servers, alone or in the
// JSON that journald and Docker wrap around lines. They say that a call was made, not what was
// asked or answered: such records are partial, their loss is `content_not_logged`. Ingest thread;
// never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_server_log_parser();

}  // namespace llmtrail
