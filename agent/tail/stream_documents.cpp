#include "tail/stream_documents.h"

#include <algorithm>

#include "base/limits.h"

namespace llmtrail {

StreamDocuments::StreamDocuments(PartedStream& stream, uint64_t document_bytes_max)
    : stream_(stream), document_bytes_max_(document_bytes_max), splitter_(0, document_bytes_max) {
    buffer_.assign(kDocumentPaddingBytes, '\0');
}

Result<std::optional<StreamDocument>> StreamDocuments::next() {
    if (ended_) {
        return std::nullopt;
    }
    if (auto found = cut()) {
        return found;
    }
    if (part_ended_) {
        return next_part();
    }
    if (auto more = read_chunk(); !more) {
        return fail(more.error());
    }
    return cut();
}

Result<std::optional<StreamDocument>> StreamDocuments::next_part() {
    const auto more = problem_ ? Result<bool>(fail(*problem_)) : stream_.next_part();
    if (!more || !*more) {
        ended_ = true;
        buffer_ = Bytes();
        return more ? Result<std::optional<StreamDocument>>(std::nullopt) : fail(more.error());
    }
    part_begin_ += read_;
    splitter_ = DocumentSplitter(0, document_bytes_max_);
    buffer_.assign(kDocumentPaddingBytes, '\0');
    base_ = 0;
    read_ = 0;
    virtual_ = 0;
    last_ = '\n';
    part_ended_ = false;
    list_tried_.reset();
    return std::nullopt;
}

// Whole chunks, so that the documents do not depend on how the stream comes.
Result<void> StreamDocuments::read_chunk() {
    const uint64_t done = keep_from() - base_;
    size_t have = read_ - base_;
    buffer_.resize(have);
    if (done >= kStreamChunkBytes || done == have) {
        buffer_.erase(0, done);
        base_ += done;
        have -= done;
        if (have == 0 && buffer_.capacity() > 4 * kStreamChunkBytes) {
            buffer_ = Bytes();
        }
    }
    buffer_.resize(have + kStreamChunkBytes);
    const size_t full = buffer_.size();
    while (have < full && !part_ended_) {
        auto got = stream_.read(buffer_.data() + have, full - have);
        if (!got) {
            if (!is_content_error(got.error().code)) {
                return fail(std::move(got.error()));
            }
            problem_ = std::move(got.error());
        }
        part_ended_ = !got || *got == 0;
        have += got ? *got : 0;
    }
    last_ = have > 0 ? buffer_[have - 1] : last_;
    read_ = base_ + have;
    buffer_.resize(have);
    buffer_.append(kDocumentPaddingBytes, '\0');
    return {};
}

uint64_t StreamDocuments::keep_from() const {
    if (!list_) {
        return head_ ? splitter_.wants() : splitter_.position();
    }
    return open_ && !head_ ? *open_ : list_begin_ + list_->scanned();
}

std::optional<StreamDocument> StreamDocuments::cut() {
    std::optional<StreamDocument> found;
    if (endless_ || list_) {
        found = list_ ? cut_list() : cut_endless();
    }
    while (!found && !endless_ && !list_) {
        const uint64_t begin = splitter_.position();
        const uint64_t at = splitter_.wants();
        if (at < read_ + virtual_) {
            const auto span = splitter_.next(from(at));
            if (went_back(span)) {
                return give_up(begin, last_newline(at, splitter_.failed_at()));
            }
            if (span && span->end - span->begin > document_bytes_max_ && enter_list(span->begin)) {
                return cut_list();
            }
            found = span ? std::optional(document(*span)) : std::nullopt;
            continue;
        }
        if (splitter_.in_brackets() && read_ - begin > document_bytes_max_ && enter_list(begin)) {
            return cut_list();
        }
        if (!part_ended_) {
            keep_open_head(begin);
            return std::nullopt;
        }
        if (end_last_line()) {
            continue;
        }
        const auto last = splitter_.finish();
        if (went_back(last)) {
            return give_up(begin, base_);
        }
        found = last ? std::optional(document(*last)) : std::nullopt;
        if (found || splitter_.wants() >= read_ + virtual_) {
            return found;
        }
    }
    return found;
}

// What is open is followed on, but no longer kept.
void StreamDocuments::keep_open_head(uint64_t begin) {
    if (!head_ && read_ - begin > kStreamKeptFactor * document_bytes_max_ + kStreamChunkBytes) {
        head_ = Bytes(from(begin).substr(0, document_bytes_max_));
    }
}

// The splitter wants to look again at bytes of which only the head is left.
bool StreamDocuments::went_back(const std::optional<DocumentSpan>& span) const {
    return (span ? span->end : splitter_.wants()) < base_;
}

// Before the line at `end`, which the next document may be.
uint64_t StreamDocuments::last_newline(uint64_t begin, uint64_t end) const {
    const uint64_t last = std::clamp(end, begin, read_ + virtual_ - 1);
    const size_t newline = from(begin).substr(0, last + 1 - begin).rfind('\n');
    return newline == ByteView::npos ? last : begin + newline;
}

std::optional<StreamDocument> StreamDocuments::give_up(uint64_t begin, uint64_t at) {
    endless_ = begin;
    splitter_ = DocumentSplitter(at, document_bytes_max_);
    return cut_endless();
}

// A last line without a newline is as good as one with it.
bool StreamDocuments::end_last_line() {
    if (virtual_ == 1 || last_ == '\n') {
        return false;
    }
    buffer_[read_ - base_] = '\n';
    buffer_.push_back('\0');
    virtual_ = 1;
    return true;
}

StreamDocument StreamDocuments::document(const DocumentSpan& span) {
    StreamDocument document;
    document.offset = part_begin_ + span.begin;
    document.full_size_bytes = std::min(span.end, read_) - span.begin;
    const uint64_t size = std::min(document.full_size_bytes, document_bytes_max_);
    if (head_) {
        made_ = std::move(*head_);
        head_.reset();
        made_.append(kDocumentPaddingBytes, '\0');
        document.bytes = ByteView(made_).substr(0, size);
    } else {
        document.bytes = from(span.begin).substr(0, size);
    }
    document.truncated = size < document.full_size_bytes;
    document.unterminated = span.unterminated;
    return document;
}

// The next newline ends the document.
std::optional<StreamDocument> StreamDocuments::cut_endless() {
    const uint64_t at = splitter_.position();
    const size_t newline = from(at).find('\n');
    const uint64_t end = newline == ByteView::npos ? read_ : at + newline;
    splitter_ = DocumentSplitter(end, document_bytes_max_);
    if (newline == ByteView::npos && !part_ended_) {
        return std::nullopt;
    }
    made_ = std::move(*head_);
    StreamDocument document;
    document.offset = part_begin_ + *endless_;
    document.full_size_bytes = end - *endless_;
    document.truncated = document.full_size_bytes > made_.size();
    made_.append(kDocumentPaddingBytes, '\0');
    document.bytes = ByteView(made_).substr(0, made_.size() - kDocumentPaddingBytes);
    head_.reset();
    endless_.reset();
    return document;
}

bool StreamDocuments::enter_list(uint64_t begin) {
    if (list_tried_ == begin || begin < base_) {
        return false;
    }
    list_tried_ = begin;
    list_ = ListElements::find(from(begin).substr(0, document_bytes_max_));
    if (list_) {
        list_begin_ = begin;
        list_head_ = from(begin).substr(0, list_->head_bytes());
    }
    return list_.has_value();
}

void StreamDocuments::leave_list(uint64_t next_start) {
    list_.reset();
    open_.reset();
    head_.reset();
    behind_list_ = false;
    splitter_ = DocumentSplitter(next_start, document_bytes_max_);
}

std::optional<StreamDocument> StreamDocuments::cut_list() {
    while (true) {
        const auto found = list_->scan(from(list_begin_ + list_->scanned()));
        const uint64_t at = list_begin_ + list_->scanned();
        if (!behind_list_) {
            open_ = list_->element_begin() ? std::optional(list_begin_ + *list_->element_begin())
                                           : std::nullopt;
        }
        switch (found) {
            case ListElements::Found::kElement:
                return list_document(at, false);
            case ListElements::Found::kListEnd:
                behind_list_ = true;
                open_ = at - 1;
                break;
            case ListElements::Found::kEnd:
                return end_list(at);
            case ListElements::Found::kBroken:
                return break_list(at);
            case ListElements::Found::kNothing:
                if (part_ended_) {
                    auto last = open_ ? list_document(at, true) : std::nullopt;
                    leave_list(at);
                    return last;
                }
                keep_head(at);
                return std::nullopt;
        }
    }
}

// Of what is too long for a document only the head is kept, and it is given up when it has no end.
void StreamDocuments::keep_head(uint64_t at) {
    if (!open_ || at - *open_ <= document_bytes_max_) {
        return;
    }
    if (!head_) {
        head_ = Bytes(from(*open_).substr(0, document_bytes_max_));
    }
    if (at - *open_ > (kEndlessFactor + 1) * document_bytes_max_ + kStreamChunkBytes) {
        endless_ = *open_;
        auto head = std::move(head_);
        leave_list(at);
        head_ = std::move(head);
    }
}

// What is open, as if it were all that the list has: its parser finds the shape it knows.
std::optional<StreamDocument> StreamDocuments::list_document(uint64_t end, bool unterminated) {
    StreamDocument document;
    document.offset = part_begin_ + *open_;
    document.full_size_bytes = end - *open_;
    document.truncated = document.full_size_bytes > document_bytes_max_;
    document.unterminated = unterminated;
    made_ = list_head_;
    if (head_) {
        made_ += *head_;
    } else {
        made_ += from(*open_).substr(0, std::min(document.full_size_bytes, document_bytes_max_));
    }
    if (!document.truncated && !unterminated && !behind_list_) {
        made_ += list_->closing();
    }
    const size_t size = made_.size();
    made_.append(kDocumentPaddingBytes, '\0');
    document.bytes = ByteView(made_).substr(0, size);
    open_.reset();
    head_.reset();
    return document;
}

// The members behind the list are a document, when there are any.
std::optional<StreamDocument> StreamDocuments::end_list(uint64_t end) {
    std::optional<StreamDocument> rest;
    if (behind_list_ &&
        (head_ ||
         from(*open_).substr(0, end - *open_).find_first_not_of("]} \t\r\n") != ByteView::npos)) {
        rest = list_document(end, false);
    }
    leave_list(end);
    return rest;
}

std::optional<StreamDocument> StreamDocuments::break_list(uint64_t at) {
    std::optional<StreamDocument> head;
    uint64_t next_start = open_.value_or(at);
    if (head_) {
        head = list_document(at, true);
        next_start = at;
    }
    leave_list(next_start);
    return head;
}

}  // namespace llmtrail
