// The open ranges of a saved position, handed out again before anything else of their file is read
// (docs/positions.md). Used by TailedFile, ingest thread. Errors are returned and lose no place.
#pragma once

#include <string_view>
#include <vector>

#include "platform/file_system.h"
#include "tail/document_splitter.h"
#include "tail/position.h"
#include "tail/source_tail.h"

namespace llmtrail {

class RangeReread {
 public:
    struct From {
        ReadableFile& file;
        const FileId& id;
        std::string_view path;
        uint64_t document_bytes_max;
    };

    struct Turn {
        uint64_t bytes = 0;
        bool stopped = false;  // the sink wants no more
        bool shorter = false;  // the file ends before a range does
    };

    RangeReread() = default;

    explicit RangeReread(std::vector<OpenRange> ranges);

    bool done() const { return ranges_.empty(); }

    const std::vector<OpenRange>& ranges() const { return ranges_; }  // not handed out yet

    uint64_t bytes() const;  // of them

    // Hands out at least one document, and about kReadBufferBytes.
    Result<Turn> read(const From& from, TailSink& sink);

 private:
    Result<bool> next_span(const From& from, DocumentSplitter& splitter, DocumentSpan& span,
                           Turn& turn);
    Result<bool> hand_out(const From& from, const DocumentSpan& span, TailSink& sink);
    void pass(uint64_t offset);

    std::vector<OpenRange> ranges_;
    Bytes chunk_;  // the bytes of the file last read, from chunk_base_ on
    uint64_t chunk_base_ = 0;
};

}  // namespace llmtrail
