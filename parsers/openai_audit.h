// `openai_audit`: what OpenAI's administration APIs give of an organization: entries of its audit
// log (settings, keys, people, logins), one record each or a page of them, and conversations of
// ChatGPT Enterprise's compliance API, one record for each turn: what the user wrote and what came
// back until the user wrote again. Ingest thread; never fails.
#pragma once

#include <memory>

#include "parsers/parser.h"

namespace llmtrail {

std::unique_ptr<Parser> make_openai_audit_parser();

}  // namespace llmtrail
