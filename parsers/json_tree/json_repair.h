// The second chance of a text that simdjson refuses: rewrites what logs contain and JSON does not
// allow, or says in words why the text is no JSON at all. Called by json_tree.cpp only, after a
// first refusal; linear in the text's length; never recursive. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

// Appends the repaired text to `out` (at most six times as long) and marks in `repairs` what was
// done:
//   invalid UTF-8 in a string            U+FFFD for each maximal bad sequence
//   lone surrogate escape                \ufffd
//   raw control character in a string    its escape
//   NaN, Infinity, -Infinity             the same word as a string
//   a number beyond 64 bits or binary64  its digits as a string
// `head`: the text is the head of a longer one; what is open at its end is closed, and a value that
// may have been cut there becomes null.
// kCorrupt: not JSON ("ends inside a string", "unexpected byte at 17"); kLimit: nested too deep.
Result<void> repair_json(std::string_view json, bool head, std::string& out, JsonRepairs& repairs);

}  // namespace llmtrail
