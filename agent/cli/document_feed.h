// Cuts a stream into documents by the rules of docs/splitting.md, in bounded memory: for `parse`
// and `check --sample`. A file being tailed can be read again; a stream cannot, so what a document
// may need is kept, at most kEndlessFactor times its limit. A document without an end up to there
// is handed out as its head and goes on to the next newline. Main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "cli/console.h"
#include "tail/document_splitter.h"

namespace llmtrail {

struct FedDocument {
    ByteView bytes;       // at most document_bytes_max; valid during the call
    bool padded = false;  // kDocumentPaddingBytes readable bytes follow
    uint64_t offset = 0;
    uint64_t full_size_bytes = 0;
    bool unterminated = false;

    bool truncated() const { return full_size_bytes > bytes.size(); }
};

class DocumentFeed {
 public:
    // `take` returns false to stop.
    using Take = std::function<bool(const FedDocument&)>;

    DocumentFeed(InputStream& input, uint64_t document_bytes_max);

    // Reads to the end, or until `take` says stop.
    Result<void> run(const Take& take);

    uint64_t bytes_read() const { return base_ + buffer_.size(); }

 private:
    Result<void> read_more();
    bool hand_out(const DocumentSpan& span, const Take& take);
    bool drain(const Take& take);
    Result<bool> give_up_on_endless(const Take& take);

    ByteView from(uint64_t offset) const { return ByteView(buffer_).substr(offset - base_); }

    InputStream& input_;
    uint64_t document_bytes_max_;
    DocumentSplitter splitter_;
    Bytes buffer_;
    uint64_t base_ = 0;  // offset of buffer_[0]
    bool ended_ = false;
};

}  // namespace llmtrail
