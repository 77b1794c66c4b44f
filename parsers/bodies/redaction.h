// Keeps secrets out of what is stored as it was given: Unmapped, request parameters, answer details
// and tool definitions. A value that stands under a secret's name (secret_names.h) is written as
// "[redacted]". Also seen: {"name": "Authorization", "value": …}, the members of "headers", users,
// passwords and keys in URLs, and texts that are a key or hold JSON (secret_text.h). Used by the
// body readers; ingest thread; never fails.
#pragma once

#include <string>
#include <string_view>

#include "bodies/secret_names.h"
#include "json_tree/json_tree.h"

namespace llmtrail {

// A member by itself.
bool is_hidden(std::string_view key, JsonValue value, SecretScope scope = SecretScope::kAnywhere);

// The members of one object, or the items of one array, which stands under `key` ("" when under
// none); items of an array stand under the array's key.
class HiddenMembers {
 public:
    HiddenMembers(std::string_view key, JsonValue container,
                  SecretScope scope = SecretScope::kAnywhere);

    bool hides(std::string_view key, JsonValue value) const;
    bool hides_item(JsonValue item);  // in order: the text after a header's name is its value

 private:
    void look_at(JsonValue object);

    SecretScope scope_;        // of "key"
    Secrecy own_;              // of the key
    bool headers_ = false;     // names are those of headers
    bool properties_ = false;  // names are those of a JSON schema's properties
    bool pair_ = false;        // "value" is the value of a secret
    bool text_token_ = false;  // "token" is a piece of text
    bool next_ = false;        // the next item is the value of a secret header
};

// The user, the password and secret query parameters of a URL, or of a path with a query, as
// "[redacted]". False: `text` is neither or holds none, and `out` was not touched.
bool redact_url(std::string_view text, std::string& out);

// A text that stands under `key`, whose name is no secret's: the secrets in it as "[redacted]".
// False: it holds none, and `out` was not touched.
bool redact_text(std::string_view key, std::string_view text, std::string& out,
                 SecretScope scope = SecretScope::kAnywhere);

// Compact JSON, as JsonValue::append_json, with secrets redacted. `key`: what the value stands
// under.
void append_redacted_json(std::string& out, std::string_view key, JsonValue value,
                          SecretScope scope = SecretScope::kAnywhere);

}  // namespace llmtrail
