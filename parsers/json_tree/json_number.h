// Numbers as RFC 8259 writes them, for the repair pass: where one ends, and whether simdjson can
// hold it. Pure, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace llmtrail {

// The length of the JSON number at the front of `text`; 0 when there is none.
size_t json_number_length(std::string_view text);

// Does this JSON number fit 64 bits (a whole number) or binary64 (any other)? What is too small for
// binary64 fits as 0.
bool json_number_fits(std::string_view number);

}  // namespace llmtrail
