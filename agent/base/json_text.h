// Writing JSON (RFC 8259): strings, numbers. Reading it is parsers/json_tree. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmtrail {

// Appends `text` as a quoted JSON string: " \ and C0 escaped, the rest as it is (valid UTF-8
// expected).
void append_json_string(std::string& out, std::string_view text);

void append_json_integer(std::string& out, int64_t value);
void append_json_unsigned(std::string& out, uint64_t value);

// Shortest form that reads back equal; NaN and infinities, which JSON has not, become null.
void append_json_number(std::string& out, double value);

}  // namespace llmtrail
