#include "tail/document_splitter.h"

#include <algorithm>

namespace llmtrail {

namespace {

constexpr ByteView kByteOrderMark = "\xEF\xBB\xBF";

bool is_separator(char byte) {
    return byte == '\n' || byte == ' ' || byte == '\r' || byte == '\t' || byte == '\0' ||
           byte == '\x1E';
}

}  // namespace

DocumentSplitter::DocumentSplitter(uint64_t offset, uint64_t document_bytes_max)
    : document_bytes_max_(document_bytes_max),
      start_(offset),
      frontier_(offset),
      mode_(offset == 0 ? Mode::kByteOrderMark : Mode::kBetween) {}

std::optional<DocumentSpan> DocumentSplitter::next(ByteView bytes) {
    while (!bytes.empty()) {
        std::optional<DocumentSpan> span;
        const uint64_t before = frontier_;
        switch (mode_) {
            case Mode::kByteOrderMark:
                bytes.remove_prefix(skip_byte_order_mark(bytes));
                break;
            case Mode::kBetween:
                bytes.remove_prefix(skip_separators(bytes));
                if (!bytes.empty()) {
                    begin_document(bytes.front());
                }
                break;
            case Mode::kArrayStart:
                bytes.remove_prefix(look_at_array_start(bytes));
                break;
            case Mode::kBrackets:
                span = scan_brackets(bytes);
                break;
            case Mode::kLine:
                span = scan_line(bytes);
                break;
        }
        if (span || frontier_ < before) {
            return span;
        }
    }
    return std::nullopt;
}

std::optional<DocumentSpan> DocumentSplitter::finish() {
    if (mode_ == Mode::kByteOrderMark && frontier_ > 0) {
        frontier_ = 0;  // a piece of a mark only
        mode_ = Mode::kLine;
        return std::nullopt;
    }
    if (start_ == frontier_) {
        return std::nullopt;
    }
    if (mode_ == Mode::kBrackets && brackets_.saw_open_at_column_0()) {
        break_at(frontier_);
        return std::nullopt;
    }
    DocumentSpan span = take(frontier_, frontier_);
    span.unterminated = true;
    return span;
}

size_t DocumentSplitter::skip_separators(ByteView bytes) {
    size_t count = 0;
    while (count < bytes.size() && is_separator(bytes[count])) {
        ++count;
    }
    frontier_ += count;
    start_ = frontier_;
    scanned_bytes_ += count;
    return count;
}

size_t DocumentSplitter::skip_byte_order_mark(ByteView bytes) {
    if (bytes[0] != kByteOrderMark[frontier_]) {
        frontier_ = 0;
        mode_ = Mode::kBetween;
        return 0;
    }
    if (++frontier_ == kByteOrderMark.size()) {
        start_ = frontier_;
        mode_ = Mode::kBetween;
    }
    return 1;
}

void DocumentSplitter::begin_document(char first) {
    after_return_ = false;
    mode_ = Mode::kLine;
    if (first != '{' && first != '[') {
        return;
    }
    if (start_ < failed_at_) {
        const uint64_t cost = failed_at_ - start_;
        if (cost > credit_) {
            return;
        }
        credit_ -= cost;
    }
    if (first == '[') {
        mode_ = Mode::kArrayStart;
        array_start_ = ArrayStart();
    } else {
        begin_brackets();
    }
}

void DocumentSplitter::begin_brackets() {
    mode_ = Mode::kBrackets;
    frontier_ = start_;
    brackets_.begin(document_bytes_max_, document_bytes_max_ * kEndlessFactor);
}

// Returns how many bytes it is done with. When they were an array's and some came with an earlier
// call, wants() goes back to the bracket.
size_t DocumentSplitter::look_at_array_start(ByteView bytes) {
    const uint64_t began = frontier_;
    size_t at = frontier_ == start_ ? 1 : 0;
    for (; at < bytes.size(); ++at) {
        const auto verdict = array_start_.take(bytes[at]);
        if (verdict == ArrayStart::Verdict::kArray) {
            begin_brackets();
            return 0;
        }
        if (verdict == ArrayStart::Verdict::kText) {
            mode_ = Mode::kLine;
            break;
        }
    }
    frontier_ = began + at;
    scanned_bytes_ += at;
    return at;
}

std::optional<DocumentSpan> DocumentSplitter::scan_brackets(ByteView& bytes) {
    const auto found = brackets_.scan(bytes);
    const uint64_t reached = start_ + brackets_.scanned();
    scanned_bytes_ += reached - frontier_;
    switch (found) {
        case BracketScanner::Found::kNothing:
            bytes.remove_prefix(bytes.size());
            frontier_ = reached;
            return std::nullopt;
        case BracketScanner::Found::kEnd:
            return take(reached, reached);
        case BracketScanner::Found::kBroken:
            break_at(reached);
            return std::nullopt;
        case BracketScanner::Found::kEndless:
            failed_at_ = std::max(failed_at_, reached);
            return take(start_ + brackets_.resync_at(), start_ + brackets_.resync_at());
    }
    return std::nullopt;
}

std::optional<DocumentSpan> DocumentSplitter::scan_line(ByteView& bytes) {
    const size_t newline = bytes.find('\n');
    const size_t size = std::min(newline, bytes.size());
    const bool ends_in_return = size > 0 ? bytes[size - 1] == '\r' : after_return_;
    frontier_ += size;
    scanned_bytes_ += size;
    if (newline == ByteView::npos) {
        after_return_ = ends_in_return;
        bytes.remove_prefix(size);
        return std::nullopt;
    }
    return take(frontier_ - (ends_in_return ? 1 : 0), frontier_);
}

// What began at start_ is taken as lines; how far it had been followed decides what looking again
// may cost.
void DocumentSplitter::break_at(uint64_t offset) {
    failed_at_ = std::max(failed_at_, offset);
    frontier_ = start_;
    mode_ = Mode::kLine;
    after_return_ = false;
}

DocumentSpan DocumentSplitter::take(uint64_t end, uint64_t next_start) {
    const DocumentSpan span{start_, end, false};
    credit_ = std::min(kRescanCreditBytesMax, credit_ + kRescanCreditFactor * (end - start_));
    start_ = next_start;
    frontier_ = next_start;
    mode_ = Mode::kBetween;
    return span;
}

}  // namespace llmtrail
