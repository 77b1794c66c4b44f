#include "cli/document_feed.h"

#include <algorithm>

#include "base/limits.h"

namespace llmtrail {

namespace {

constexpr size_t kChunkBytes = size_t{256} << 10;

}  // namespace

DocumentFeed::DocumentFeed(InputStream& input, uint64_t document_bytes_max)
    : input_(input), document_bytes_max_(document_bytes_max), splitter_(0, document_bytes_max) {}

Result<void> DocumentFeed::run(const Take& take) {
    while (true) {
        if (!drain(take)) {
            return {};
        }
        if (ended_) {
            return {};
        }
        if (buffer_.size() > (kEndlessFactor + 1) * document_bytes_max_ + kChunkBytes) {
            auto goes_on = give_up_on_endless(take);
            if (!goes_on) {
                return fail(std::move(goes_on.error()));
            }
            if (!*goes_on) {
                return {};
            }
        }
        if (auto more = read_more(); !more) {
            return more;
        }
    }
}

// Everything the splitter finds in what is there. False: stop.
bool DocumentFeed::drain(const Take& take) {
    while (true) {
        while (auto span = splitter_.next(from(splitter_.wants()))) {
            if (!hand_out(*span, take)) {
                return false;
            }
        }
        if (splitter_.wants() < bytes_read()) {
            continue;  // it went back after a break
        }
        if (!ended_) {
            return true;
        }
        auto last = splitter_.finish();
        if (last && !hand_out(*last, take)) {
            return false;
        }
        if (!last && splitter_.wants() >= bytes_read()) {
            return true;
        }
    }
}

bool DocumentFeed::hand_out(const DocumentSpan& span, const Take& take) {
    FedDocument document;
    document.offset = span.begin;
    document.full_size_bytes = span.end - span.begin;
    document.bytes =
        from(span.begin).substr(0, std::min(document.full_size_bytes, document_bytes_max_));
    document.padded = from(span.begin).size() >= document.bytes.size() + kDocumentPaddingBytes;
    document.unterminated = span.unterminated;
    return take(document);
}

Result<void> DocumentFeed::read_more() {
    uint64_t done = splitter_.position() - base_;
    if (done >= kChunkBytes || done == buffer_.size()) {
        buffer_.erase(0, done);
        base_ += done;
    }
    size_t have = buffer_.size();
    buffer_.resize(have + kChunkBytes);
    auto got = input_.read(buffer_.data() + have, kChunkBytes);
    buffer_.resize(have + (got ? *got : 0));
    if (!got) {
        return fail(std::move(got.error()));
    }
    ended_ = *got == 0;
    return {};
}

// The splitter has found no newline in the last document_bytes_max_ bytes: the next one ends the
// document.
Result<bool> DocumentFeed::give_up_on_endless(const Take& take) {
    uint64_t begin = splitter_.position();
    Bytes head(from(begin).substr(0, document_bytes_max_));
    size_t newline = std::string::npos;
    while (newline == std::string::npos && !ended_) {
        splitter_ = DocumentSplitter(bytes_read(), document_bytes_max_);  // lets go of the buffer
        if (auto more = read_more(); !more) {
            return fail(std::move(more.error()));
        }
        newline = buffer_.find('\n');
    }
    uint64_t end = newline == std::string::npos ? bytes_read() : base_ + newline;
    splitter_ = DocumentSplitter(end, document_bytes_max_);
    FedDocument document;
    document.bytes = head;
    document.offset = begin;
    document.full_size_bytes = end - begin;
    return take(document);
}

}  // namespace llmtrail
