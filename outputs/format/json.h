// A record as JSON. Two shapes of the same object of flat dotted names: alone, one event a line,
// and as the members of a HEC envelope, "event" and "fields", where "fields" holds the names of
// Splunk's Common Information Model for its index. Text of prompts and answers is in it only as
// previews, as in CEF; the rest of what people wrote stays in the spool. docs/outputs.md, "JSON".
// Pure, any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "format/formatter.h"

namespace llmtrail {

std::unique_ptr<Formatter> make_json_formatter(FormatOptions options);

// {"event":{...},"fields":{...}}
std::unique_ptr<Formatter> make_hec_json_formatter(FormatOptions options);

}  // namespace llmtrail
