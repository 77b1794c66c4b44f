// Text that comes as a stream, in one part or several, each of which ends its last document: the
// members of an archive, or one plain file. Made by unpacked_stream.h and by `parse` for standard
// input; cut by StreamDocuments. One thread at a time.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace llmtrail {

class PartedStream {
 public:
    virtual ~PartedStream() = default;

    // Up to `size` bytes of the present part; 0: it ends.
    virtual Result<size_t> read(char* out, size_t size) = 0;

    // Called when a part has ended. True: read() goes on with the next one.
    virtual Result<bool> next_part() = 0;
};

// The content is at fault, not the reading of it: it will not be better next time.
inline bool is_content_error(ErrorCode code) {
    return code == ErrorCode::kCorrupt || code == ErrorCode::kLimit ||
           code == ErrorCode::kUnsupported;
}

}  // namespace llmtrail
