// Which names stand for what authenticates: the one table of the parsers. Asked by redaction.h for
// members of documents and bodies, and by the exchange parser for headers and URLs. A name longer
// than kSecretNameBytesMax is judged by its end. Pure, any thread; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmtrail {

inline constexpr size_t kSecretNameBytesMax = 64;
inline constexpr std::string_view kRedacted = "[redacted]";

enum class Secrecy : uint8_t {
    kOpen,
    kNoNumber,  // token, auth: a number is a count, and no secret
    kWhole,     // password, api_key: whatever the value
};

// Where a name stands. What somebody set in a service is called by words that mean other things
// elsewhere: {"key": "city"}.
enum class SecretScope : uint8_t {
    kAnywhere,
    kSettings,  // also "key", "pass" and "pwd" by themselves
};

// Of a member of a JSON object. Words are told apart by '_', '-', '.', ' ' and capitals:
// access_token and INTELLIGENCE_KEY are secrets; max_tokens, eos_token, prompt_cache_key and
// public_key are none.
Secrecy secrecy_of(std::string_view key, SecretScope scope = SecretScope::kAnywhere);

// Of a header: gateways name their keys as they like, so that a part of the name is enough, and a
// name that is too long is taken for a secret's.
bool is_secret_header(std::string_view name);

// Of a URL's query: as a header's, and short names such as sign; a name with escapes is taken for
// a secret's.
bool is_secret_parameter(std::string_view name);

}  // namespace llmtrail
