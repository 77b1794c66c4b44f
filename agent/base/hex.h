// Binary as text: hex (lower case), base32 (RFC 4648, lower case, no padding) and base64 (RFC 4648,
// padded). Decoders refuse anything not canonical. Pure, any thread.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace llmtrail {

std::string to_hex(ByteView bytes);
std::optional<Bytes> from_hex(std::string_view text);
std::string to_base32(ByteView bytes);
std::string to_base64(ByteView bytes);
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace llmtrail
