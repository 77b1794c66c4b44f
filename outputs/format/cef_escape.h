// Text of a record as a CEF extension value: one line, no raw control character, no bare '=' or
// backslash. docs/outputs.md, "Characters", says what becomes of which character. Called by the CEF
// formatter, pure, any thread; input that is not valid UTF-8 is repaired, never refused.
#pragma once

#include <cstddef>
#include <string_view>

#include "format/cef_buffer.h"

namespace llmtrail {

struct CefValueLimits {
    size_t characters_max = 1023;                // code points of the value as a reader sees it
    size_t bytes_max = static_cast<size_t>(-1);  // as written, escapes included
    bool ellipsis = false;                       // a cut value ends in U+2026, within the limits
};

struct CefValueResult {
    bool truncated = false;
    bool altered = false;  // something invisible was made visible, or invalid bytes were replaced
};

// Appends `text` without the blanks at its ends; may append nothing.
CefValueResult append_cef_value(CefBuffer& out, std::string_view text,
                                const CefValueLimits& limits);

}  // namespace llmtrail
