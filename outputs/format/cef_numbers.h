// Numbers and digests as the text of a CEF value, written where a pointer says. Each returns the
// end of what it wrote. Called by the CEF extension and the formatters. Pure, any thread, no
// failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace llmtrail {

inline constexpr size_t kIntegerBytesMax = 20;
inline constexpr size_t kRealBytesMax = 32;  // magnitudes up to kCefRealMax

// Reals beyond this are left out of events: readers parse them as floats without exponent.
inline constexpr double kCefRealMax = 1e15;

char* put_integer(char* at, int64_t value);
char* put_unsigned(char* at, uint64_t value);

// At most nine decimals and at least one, no exponent, no minus zero.
char* put_real(char* at, double value);

char* put_hex(char* at, ByteView bytes);  // lower case; two characters a byte

void append_unsigned(std::string& out, uint64_t value);

}  // namespace llmtrail
