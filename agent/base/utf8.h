// UTF-8 as the Unicode standard defines it (chapter 3, table 3-7). Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrail {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

bool is_valid_utf8(std::string_view text);

// Appends `text`, each maximal invalid subpart as U+FFFD (Unicode 15, 3.9). Returns true when any
// was replaced.
bool append_repaired_utf8(std::string& out, std::string_view text);

// The longest prefix of at most `bytes` bytes / `characters` code points that ends on a code point.
std::string_view utf8_prefix_bytes(std::string_view text, size_t bytes);
std::string_view utf8_prefix_characters(std::string_view text, size_t characters);

size_t utf8_length(std::string_view text);  // code points, one for each maximal invalid subpart

void append_utf8(std::string& out, uint32_t code_point);  // surrogates and > U+10FFFF become U+FFFD

// Text for a terminal or a log line: C0, C1, DEL and bidirectional controls as \xNN or \u{NNNN}.
std::string terminal_safe(std::string_view text);

}  // namespace llmtrail
