// The documents of an input, one call each: for `parse` and `check --sample`. Main thread. Cutting,
// bounds and errors are StreamDocuments' (tail/stream_documents.h).
#pragma once

#include <cstdint>
#include <functional>

#include "cli/console.h"
#include "tail/stream_documents.h"

namespace llmtrail {

class DocumentFeed {
 public:
    // `take` returns false to stop.
    using Take = std::function<bool(const StreamDocument&)>;

    DocumentFeed(InputStream& input, uint64_t document_bytes_max)
        : documents_(input, document_bytes_max) {}

    // Reads to the end, or until `take` says stop.
    Result<void> run(const Take& take);

    uint64_t bytes_read() const { return documents_.bytes_read(); }

 private:
    StreamDocuments documents_;
};

}  // namespace llmtrail
