#include "tail/range_reread.h"

#include <algorithm>

#include "base/limits.h"
#include "tail/read_exactly.h"
#include "tail/tailed_file.h"

namespace llmtrail {

RangeReread::RangeReread(std::vector<OpenRange> ranges) : ranges_(std::move(ranges)) {
    std::stable_sort(ranges_.begin(), ranges_.end(),
                     [](const OpenRange& a, const OpenRange& b) { return a.begin < b.begin; });
}

uint64_t RangeReread::bytes() const {
    uint64_t bytes = 0;
    for (const OpenRange& range : ranges_) {
        bytes += range.end - range.begin;
    }
    return bytes;
}

Result<RangeReread::Turn> RangeReread::read(const From& from, TailSink& sink) {
    Turn turn;
    while (!done() && turn.bytes < kReadBufferBytes && !turn.stopped) {
        DocumentSplitter splitter(ranges_.front().begin, from.document_bytes_max);
        const size_t ranges_before = ranges_.size();
        while (ranges_.size() == ranges_before && turn.bytes < kReadBufferBytes && !turn.stopped) {
            DocumentSpan span;
            const auto found = next_span(from, splitter, span, turn);
            if (!found) {
                return fail(found.error());
            }
            if (turn.shorter) {
                return turn;
            }
            if (!*found) {
                pass(ranges_.front().end);  // separators only
                break;
            }
            const auto more = hand_out(from, span, sink);
            if (!more) {
                return fail(more.error());
            }
            turn.bytes += span.end - span.begin;
            turn.stopped = !*more;
        }
    }
    if (done()) {
        chunk_ = Bytes();
    }
    return turn;
}

// The next document of the range at the front; false: it has no more.
Result<bool> RangeReread::next_span(const From& from, DocumentSplitter& splitter,
                                    DocumentSpan& span, Turn& turn) {
    const uint64_t end = ranges_.front().end;
    while (true) {
        const uint64_t at = splitter.wants();
        if (at >= end) {
            if (const auto last = splitter.finish()) {
                span = *last;
                return true;
            }
            if (splitter.wants() >= end) {
                return false;
            }
            continue;
        }
        if (at < chunk_base_ || at >= chunk_base_ + chunk_.size()) {
            auto chunk =
                read_exactly(from.file, at, std::min<uint64_t>(kReadBufferBytes, end - at));
            if (!chunk) {
                return fail(chunk.error());
            }
            turn.shorter = chunk->empty();
            if (turn.shorter) {
                return false;
            }
            chunk_ = std::move(*chunk);
            chunk_base_ = at;
        }
        const ByteView known = ByteView(chunk_).substr(at - chunk_base_);
        if (const auto found =
                splitter.next(known.substr(0, std::min<uint64_t>(known.size(), end - at)))) {
            span = *found;
            return true;
        }
    }
}

Result<bool> RangeReread::hand_out(const From& from, const DocumentSpan& span, TailSink& sink) {
    const OpenRange range = ranges_.front();
    const uint64_t full = span.end - span.begin;
    auto bytes = read_exactly(from.file, span.begin, std::min(full, from.document_bytes_max));
    if (!bytes) {
        return fail(bytes.error());
    }
    const size_t size = bytes->size();
    if (size < std::min(full, from.document_bytes_max)) {
        return fail(ErrorCode::kCorrupt, "became shorter while it was read");
    }
    bytes->append(kDocumentPaddingBytes, '\0');
    TailedDocument document;
    document.bytes = ByteView(*bytes).substr(0, size);
    document.path = from.path;
    document.file = from.id;
    document.offset = span.begin;
    document.full_size_bytes = full;
    document.truncated = size < full;
    document.unterminated = span.unterminated;
    document.reread = Reread{};
    document.reread->loose = range.loose();
    if (range.of_one_document()) {
        document.reread->first_piece = range.first_piece;
        document.reread->pieces = range.pieces;
    }
    // What the sink holds of it is the sink's from here on.
    pass(span.end);
    return sink.document(document);
}

// The range at the front was read up to `offset`.
void RangeReread::pass(uint64_t offset) {
    OpenRange& range = ranges_.front();
    range.begin = offset;
    if (range.of_one_document() || range.begin >= range.end) {
        ranges_.erase(ranges_.begin());
    }
}

}  // namespace llmtrail
