// What the readers of streamed answers share: the list of chunks, a tool call whose arguments came
// in pieces, the mark of a stream that stops early. body.h says how readers behave.
#pragma once

#include <string_view>

#include "bodies/body_place.h"

namespace llmtrail {

// Calls `read(place, index, chunk)` for each object. "[DONE]" among them only ends the stream.
template <typename Read>
void for_each_chunk(const BodyPlace& place, JsonValue chunks, Read&& read) {
    size_t index = 0;
    for (JsonValue chunk : chunks.items()) {
        BodyPlace here = place.below(index);
        if (chunk.is_object()) {
            read(here, index, chunk);
        } else if (chunk.text() != "[DONE]") {
            here.keep(chunk);
        }
        ++index;
    }
}

// Into the open output message: the arguments as JSON when they are whole, else the text that came.
void write_streamed_tool_call(BodyScratch& scratch, std::string_view id, std::string_view name,
                              std::string_view arguments);

void mark_incomplete_stream(AuditRecord& record);

}  // namespace llmtrail
