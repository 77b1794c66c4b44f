// Runs a DocumentSplitter over a text that is there as a whole, handed to it in pieces.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tail/document_splitter.h"

namespace llmtrail {

struct SplitResult {
    std::vector<std::string> documents;
    std::vector<DocumentSpan> spans;
    uint64_t position = 0;  // at the end
    uint64_t scanned_bytes = 0;
};

// `piece_bytes`: called for the size of each piece.
template <typename PieceSize>
SplitResult split(const std::string& text, size_t document_bytes_max, bool finished,
                  PieceSize piece_bytes) {
    SplitResult result;
    DocumentSplitter splitter(0, document_bytes_max);
    const auto note = [&](const DocumentSpan& span) {
        result.spans.push_back(span);
        result.documents.push_back(text.substr(span.begin, span.end - span.begin));
    };
    for (;;) {
        if (splitter.wants() < text.size()) {
            const size_t end = std::min(text.size(), splitter.wants() + piece_bytes());
            while (splitter.wants() < end) {
                const uint64_t before = splitter.wants();
                const auto span = splitter.next(ByteView(text).substr(before, end - before));
                if (span) {
                    note(*span);
                } else if (splitter.wants() < before) {
                    break;
                }
            }
            continue;
        }
        if (!finished) {
            break;
        }
        const auto span = splitter.finish();
        if (span) {
            note(*span);
        } else if (splitter.wants() == text.size()) {
            break;
        }
    }
    result.position = splitter.position();
    result.scanned_bytes = splitter.scanned_bytes();
    return result;
}

}  // namespace llmtrail
