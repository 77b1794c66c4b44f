// Secrets that a text gives away by itself: a key of a vendor's known form, and JSON, whole or cut
// anywhere, in which secrets stand under their names. Used by redaction.h alone; linear in the
// text; pure, any thread; never fails.
#pragma once

#include <string>
#include <string_view>

#include "bodies/secret_names.h"

namespace llmtrail {

// The whole text is a key or a signed token (sk-…, ghp_…, AKIA…, eyJ….….…), perhaps after
// "Bearer ". An access key's id under a name that ends in "id" is none.
bool is_secret_value(std::string_view name, std::string_view text);

// A text that begins as a JSON object or array: its secrets as "[redacted]", also in JSON that its
// strings hold, to kJsonTextDepthMax. It is scanned and not parsed, so that one that was cut gives
// away no more than a whole one. False: it holds none, and `out` was not touched.
inline constexpr int kJsonTextDepthMax = 4;
bool redact_json_text(std::string_view text, std::string& out, SecretScope scope);

}  // namespace llmtrail
