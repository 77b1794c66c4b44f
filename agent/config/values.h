// The strict forms in which values are written in agent.yaml (docs/config.md, "Values"). Nothing is
// guessed: a text either has the one form or is refused. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace llmtrail {

std::optional<uint64_t> parse_config_integer(
    std::string_view text);  // decimal digits, no sign, no leading zero
std::optional<bool> parse_config_boolean(std::string_view text);   // true, false
std::optional<uint64_t> parse_config_size(std::string_view text);  // 8000, 64KiB, 64MiB, 8GiB, 2TiB
std::optional<int64_t> parse_config_duration_ms(
    std::string_view text);  // 200ms, 60s, 15min, 1h, 180d
std::optional<int32_t> parse_config_utc_offset(
    std::string_view text);  // seconds; UTC, +hh:mm, -hh:mm to 14:00
// What stands behind the scheme of an address, in printable ASCII: whoever writes a user, a query
// or a fragment may have written a secret.
bool is_plain_address(std::string_view rest);
bool is_config_id(std::string_view text);  // [a-z0-9_-]+, at most kConfigIdBytesMax

inline constexpr size_t kConfigIdBytesMax = 64;

std::string describe_size(uint64_t bytes);  // in the largest unit that divides it
std::string describe_duration(int64_t millis);

}  // namespace llmtrail
